"""The elaborator: walks a syntax tree within a scope and builds the typed graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lossdsl.elaborate import structure
from lossdsl.elaborate.call import call
from lossdsl.elaborate.elementwise import apply, constant
from lossdsl.elaborate.names import axis_names, axis_object, lookup
from lossdsl.elaborate.scope import Scope
from lossdsl.elaborate.static import static_number
from lossdsl.elaborate.typed import Typed
from lossdsl.ops.registry import infix
from lossdsl.source.diagnostic import error
from lossdsl.source.span import Span
from lossdsl.syntax import ast

if TYPE_CHECKING:
    from lossdsl.elaborate.context import Context


def elaborate(c: Context, node: ast.Node, scope: Scope) -> Typed:
    """The typed value of an expression."""
    value = typed(c, node, scope)
    value.place = node.span
    if scope is c.root:
        c.notes[node.span.start, node.span.end] = value
    return value


def typed(c: Context, node: ast.Node, scope: Scope) -> Typed:
    match node:
        case ast.Number():
            return constant(c.graph, node.value, node.span)
        case ast.Name():
            return lookup(c, node, scope)
        case ast.Binary():
            return binary(c, node, scope)
        case ast.Unary():
            operand = elaborate(c, node.operand, scope)
            return apply(c.graph, "neg" if node.op == "-" else "not", (operand,), node.span)
        case ast.Where():
            return where(c, node, scope)
        case ast.Call():
            return call(c, node, scope)
        case ast.Rename():
            return renamed(c, node, scope)
        case ast.Prime():
            return structure.prime(c.graph, elaborate(c, node.value, scope), node.primes, node.span)
        case ast.Select():
            return select(c, node, scope)
        case ast.Member():
            return member(node, scope)
        case ast.Pair():
            raise error("LD003", "wrong-argument", "`||` separates the two arguments of a divergence", node.span,
                        help="write it inside a call, for example `kl(p || q)`; for a logical or, write `or`")
    raise AssertionError(f"no rule for {type(node).__name__}")


def binary(c: Context, node: ast.Binary, scope: Scope) -> Typed:
    # A long sum is a deep tree on its left side; walking down that side in a loop keeps the stack flat.
    spine = [node]
    while isinstance(spine[-1].left, ast.Binary):
        spine.append(spine[-1].left)
    value = elaborate(c, spine[-1].left, scope)
    for part in reversed(spine):
        right = elaborate(c, part.right, scope)
        value = apply(c.graph, infix()[part.op].name, (value, right), part.span)
    return value


def where(c: Context, node: ast.Where, scope: Scope) -> Typed:
    chain = [node]
    while isinstance(chain[-1].value, ast.Where):
        chain.append(chain[-1].value)
    value = elaborate(c, chain[-1].value, scope)
    for part in reversed(chain):
        value = structure.mask_by(c.graph, value, elaborate(c, part.mask, scope), part.span)
    return value


def member(node: ast.Member, scope: Scope) -> Typed:
    if node.owner == "prev" and scope.previous is not None:
        if node.id in scope.previous:
            return scope.previous[node.id]
        known = ", ".join(f"`prev.{n}`" for n in scope.previous)
        raise error("LD002", "unknown-name", f"the scan has no variable `{node.id}`", node.span, help=f"it has {known}")
    raise error("LD002", "unknown-name", f"`{node.owner}.{node.id}` is not a value", node.span,
                help="`prev.name` is the previous value inside the `step` of a `scan`; methods do not exist here: "
                "write `mean(x)`, not `x.mean()`")


def renamed(c: Context, node: ast.Rename, scope: Scope) -> Typed:
    if isinstance(node.value, ast.Name) and node.value.id == "size" and "size" not in scope.values:
        length = None
        for ref in node.axes:
            for name in axis_names(c, ref, scope):
                part = axis_object(c, name, scope, ref.span).length
                length = part if length is None else length * part
        assert length is not None
        return structure.size(c.graph, length, node.span)
    value = elaborate(c, node.value, scope)
    names = [n for ref in node.axes for n in axis_names(c, ref, scope)]
    result = structure.full_rename(c.graph, value, names, node.span)
    for axis in result.type.axes:
        c.lengths.setdefault(axis.base, axis.length)
    return result


def select(c: Context, node: ast.Select, scope: Scope) -> Typed:
    value = elaborate(c, node.value, scope)
    for ref, index in node.items:
        for axis in axis_names(c, ref, scope):
            span = ref.span.to(index.span)
            if isinstance(index, ast.Slice):
                start, stop = bound(c, index.start, scope), bound(c, index.stop, scope)
                value = structure.cut(c.graph, value, axis, start, stop, span)
            else:
                value = selected(c, value, axis, elaborate(c, index, scope), span)
    return value


def selected(c: Context, value: Typed, axis: str, index: Typed, span: Span) -> Typed:
    if index.type.is_integer:
        return structure.gather(c.graph, value, axis, index, span)
    number = static_number(index, c.values, c.static)
    if number is None or number != int(number):
        raise error("LD003", "wrong-argument", f"axis `{axis}` is selected by an integer or an index, "
                    f"found {index.type}", index.place or span, help="declare it as `index[...] of " + axis + "`")
    return structure.pick(c.graph, value, axis, int(number), span)


def bound(c: Context, node: ast.Node | None, scope: Scope) -> int | None:
    if node is None:
        return None
    number = static_number(elaborate(c, node, scope), c.values, c.static)
    if number is None or number != int(number):
        raise error("LD003", "wrong-argument", "the bounds of a slice are integers known when the spec is loaded",
                    node.span, help="write a number or an integer parameter")
    return int(number)
