"""Matches a pattern of the language against the lowered graph, and builds its replacement."""

from __future__ import annotations

from collections.abc import Callable

from lossdsl.ir.node import BOOL, FLOAT, Graph, Node
from lossdsl.ops.op import Along, Reduction
from lossdsl.ops.registry import infix, table
from lossdsl.syntax import ast

Bindings = dict[str, object]

COMMUTES = {"add", "mul", "maximum", "minimum", "and", "or"}
# A pattern's `log` means the logarithm whichever convention it has at 0.
SAME = {"log": ("log", "log0"), "mul": ("mul", "mul0")}


def match(pattern: ast.Node, node: Node, bound: Bindings, through: Node | None = None) -> Bindings | None:
    """The variables of a pattern, if the node has its form; guards by the mask `through` are looked through.

    A variable stands for a value with its guard.
    """
    if through is not None and is_guard(node) and node.args[0] is through and not isinstance(pattern, ast.Name):
        node = node.args[1]
    match pattern:
        case ast.Name():
            known = bound.get(pattern.id, node)
            return {**bound, pattern.id: node} if known is node else None
        case ast.Number():
            same = node.is_const and node.attr("value") == pattern.value and node.dtype != BOOL
            return bound if same else None
        case ast.Call():
            return match_op(pattern.func, pattern.axes, pattern.args, node, bound, through)
        case ast.Binary():
            return match_op(infix()[pattern.op].name, None, (pattern.left, pattern.right), node, bound, through)
        case ast.Unary():
            return match_op("neg" if pattern.op == "-" else "not", None, (pattern.operand,), node, bound, through)
    raise AssertionError(f"a pattern cannot hold {type(pattern).__name__}")


def match_op(
    name: str,
    axes: tuple[ast.AxisRef, ...] | None,
    args: tuple[ast.Node, ...],
    node: Node,
    bound: Bindings,
    through: Node | None,
) -> Bindings | None:
    if node.op not in SAME.get(name, (name,)) or len(args) != len(node.args):
        return None
    if axes is not None:
        key = f"[{axes[0].id}]"
        if bound.get(key, node.attr("axis_names")) != node.attr("axis_names"):
            return None
        bound = {**bound, key: node.attr("axis_names")}
    orders = [node.args, node.args[::-1]] if name in COMMUTES and len(args) == 2 else [node.args]
    for order in orders:
        found: Bindings | None = bound
        for part, arg in zip(args, order, strict=True):
            found = match(part, arg, found, through) if found is not None else None
        if found is not None:
            return found
    return None


def is_guard(node: Node) -> bool:
    """Whether a node is a value with something harmless in the elements that nobody needs."""
    return node.op == "where" and ("guard", True) in node.attrs


def build(template: ast.Node, g: Graph, bound: Bindings, settled: Callable[[Node], Node]) -> Node:
    """The nodes of a replacement; those inside it are settled, so that other rules see them."""

    def inner(part: ast.Node) -> Node:
        return settled(build(part, g, bound, settled))

    match template:
        case ast.Name():
            value = bound[template.id]
            assert isinstance(value, Node)
            return value
        case ast.Number():
            return g.const(float(template.value))
        case ast.Binary():
            args = (inner(template.left), inner(template.right))
            return g.add(infix()[template.op].name, args)
        case ast.Unary():
            return g.add("neg", (inner(template.operand),))
        case ast.Call():
            parts = tuple(inner(a) for a in template.args)
            op = table()[template.func]
            if template.axes is None:
                return g.add(template.func, parts, dtype=parts[1].dtype if template.func == "where" else FLOAT)
            over = bound[f"[{template.axes[0].id}]"]
            assert isinstance(over, tuple) and isinstance(op, (Along, Reduction))
            kept = [a for a in parts[0].axes if isinstance(op, Along) or a.name not in over]
            return g.add(template.func, parts, axes=kept, axis_names=over)
    raise AssertionError(f"a replacement cannot hold {type(template).__name__}")


def heads(pattern: ast.Node) -> tuple[str, ...]:
    """The ops a node may have at the top of a pattern."""
    match pattern:
        case ast.Call():
            name = pattern.func
        case ast.Binary():
            name = infix()[pattern.op].name
        case ast.Unary():
            name = "neg" if pattern.op == "-" else "not"
        case _:
            raise AssertionError("a pattern starts with an op")
    return SAME.get(name, (name,))


