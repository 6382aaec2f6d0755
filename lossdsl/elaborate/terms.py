"""Terms of a loss: split at the top level, named, each a scalar with its weight taken apart."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lossdsl.elaborate.elementwise import apply, constant
from lossdsl.elaborate.expression import elaborate
from lossdsl.elaborate.reduce import scalar
from lossdsl.elaborate.typed import Graph, Typed
from lossdsl.syntax import ast
from lossdsl.types.kind import REAL
from lossdsl.types.value import ValueType

if TYPE_CHECKING:
    from lossdsl.elaborate.context import Context

PASSES_COUNT = {"neg", "mul", "div", "add", "sub", "sg", "rename", "cast"}


@dataclass(frozen=True)
class TermValue:
    """A scalar contribution, its value before the weight, and how many elements its mean ran over."""

    name: str
    value: Typed
    unweighted: Typed
    count: Typed | None


def split(node: ast.Node) -> list[tuple[str, ast.Node, bool]]:
    """The terms of an expression: name, tree, and whether the term is subtracted."""
    parts: list[tuple[ast.Node, bool]] = []
    while isinstance(node, ast.Binary) and node.op in "+-":
        parts.append((node.right, node.op == "-"))
        node = node.left
    parts.append((node, False))
    names: dict[str, int] = {}
    result = []
    for part, negative in reversed(parts):
        base = leading_name(part) or "term"
        names[base] = names.get(base, 0) + 1
        result.append((base if names[base] == 1 else f"{base}_{names[base]}", part, negative))
    return result


def leading_name(node: ast.Node) -> str | None:
    """The first function that an expression calls, or else the first value it names."""
    first_name = None
    stack = [node]
    while stack:
        node = stack.pop()
        match node:
            case ast.Call():
                return node.func
            case ast.Name():
                first_name = first_name or node.id
            case ast.Binary():
                stack += [node.right, node.left]
            case ast.Unary():
                stack.append(node.operand)
            case ast.Where() | ast.Rename() | ast.Select() | ast.Prime():
                stack.append(node.value)
    return first_name


def term(c: Context, name: str, node: ast.Node, negative: bool = False) -> TermValue:
    """The scalar of one term."""
    weight, rest = weighted(c, node)
    value = elaborate(c, rest, c.root)
    unweighted = scalar(c.graph, value, rest.span)
    total = unweighted
    if weight is not None:
        total = apply(c.graph, "mul", (weight, unweighted), node.span)
    if negative:
        total = apply(c.graph, "neg", (total,), node.span)
    return TermValue(name, total, unweighted, count_behind(c.graph, value))


def weighted(c: Context, node: ast.Node) -> tuple[Typed | None, ast.Node]:
    """`number * f(...)`, `param * f(...)` and their products, taken apart into weight and rest."""
    factors: list[ast.Node] = []
    rest = node
    if isinstance(rest, ast.Unary) and rest.op == "-":
        weight, inner = weighted(c, rest.operand)
        minus = constant(c.graph, -1.0) if weight is None else apply(c.graph, "neg", (weight,), node.span)
        return minus, inner
    while isinstance(rest, ast.Binary) and rest.op == "*" and not is_weight(c, rest):
        if is_weight(c, rest.left):
            factors.append(rest.left)
            rest = rest.right
        elif is_weight(c, rest.right):
            factors.append(rest.right)
            rest = rest.left
        elif isinstance(rest.left, ast.Binary) and rest.left.op == "*":
            weight, inner = weighted(c, rest.left)
            if weight is None:
                break
            product = ast.Binary(rest.span, "*", inner, rest.right)
            return times(c, factors, weight, node), product
        else:
            break
    return times(c, factors, None, node), rest


def times(c: Context, factors: list[ast.Node], weight: Typed | None, node: ast.Node) -> Typed | None:
    for factor in factors:
        value = elaborate(c, factor, c.root)
        weight = value if weight is None else apply(c.graph, "mul", (value, weight), node.span)
    return weight


def is_weight(c: Context, node: ast.Node) -> bool:
    """Whether an expression is made of numbers and parameters alone."""
    stack = [node]
    while stack:
        node = stack.pop()
        match node:
            case ast.Number():
                continue
            case ast.Name() if node.id in c.spec.params and not node.primes:
                continue
            case ast.Binary() if node.op in ("+", "-", "*", "/", "^"):
                stack += [node.left, node.right]
            case ast.Unary() if node.op == "-":
                stack.append(node.operand)
            case _:
                return False
    return True


def count_behind(g: Graph, value: Typed) -> Typed | None:
    """The number of valid elements of the mean or sum that makes a term a scalar; None if there is none."""
    if value.type.axes:
        return count_valid(g, value, value.type.names)
    stack = [value]
    while stack:
        node = stack.pop()
        if node.op in ("mean", "sum"):
            return count_valid(g, node.args[0], node.attr("axes"))
        if node.op in PASSES_COUNT:
            stack.extend(reversed(node.args))
    return None


def count_valid(g: Graph, x: Typed, axes: tuple[str, ...]) -> Typed:
    """How many elements of x along `axes` are valid, over everything that is left."""
    kind = ValueType(REAL, fixed=True, low=0.0)
    return g.add("count_valid", (x,), kind, attrs={"axes": axes if len(axes) == len(x.type.axes) else x.type.names})


def summed(c: Context, terms: list[TermValue]) -> Typed:
    """The total of terms."""
    if not terms:
        return constant(c.graph, 0.0)
    total = terms[0].value
    for other in terms[1:]:
        span = other.value.span or terms[0].value.span
        assert span is not None
        total = apply(c.graph, "add", (total, other.value), span)
    return c.graph.add(total.op, total.args, replace(total.type, kind=REAL), attrs=dict(total.attrs),
                       valid=total.valid, span=total.span)
