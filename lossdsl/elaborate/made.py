"""Primitives that are made of others when a spec is elaborated: one_hot, select, trace, spectral_sum."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lossdsl.elaborate.batched import batched
from lossdsl.elaborate.elementwise import apply
from lossdsl.elaborate.names import axis_names, axis_object, definitions, unknown_function
from lossdsl.elaborate.reduce import reduce
from lossdsl.elaborate.scope import Scope
from lossdsl.elaborate.structure import position
from lossdsl.elaborate.typed import Typed
from lossdsl.ops.op import Batched, Elementwise
from lossdsl.ops.registry import table
from lossdsl.source.diagnostic import error
from lossdsl.syntax import ast
from lossdsl.types.kind import PROBS
from lossdsl.types.value import ValueType

if TYPE_CHECKING:
    from lossdsl.elaborate.context import Context


def brackets(c: Context, node: ast.Call, scope: Scope) -> tuple[str, ...]:
    return tuple(n for ref in node.axes or () for n in axis_names(c, ref, scope))


def one_hot(c: Context, node: ast.Call, scope: Scope, y: Typed) -> Typed:
    """The positions that equal the index, as probabilities over the axis that it indexes."""
    if not y.type.is_integer:
        raise error(
            "LD003",
            "wrong-argument",
            f"`one_hot` expects an index, found {y.type}",
            y.place or node.span,
            help="declare it as `index[...] of class`",
        )
    axes = brackets(c, node, scope) or ((y.type.of,) if y.type.of else ())
    if len(axes) != 1:
        raise error(
            "LD203",
            "contraction-unnamed",
            f"`one_hot` works along exactly one axis, found {len(axes)}",
            node.span,
            help="write `one_hot[class](labels)`",
        )
    over = axis_object(c, axes[0], scope, node.span)
    if y.type.of is not None and y.type.of != over.base:
        raise error(
            "LD005",
            "unknown-axis",
            f"an index of `{y.type.of}` has no position along `{over.base}`",
            node.span,
            help=f"write `one_hot[{y.type.of}](...)`",
        )
    if over.name in y.type.names:
        raise error(
            "LD005",
            "unknown-axis",
            f"the index has the axis `{over.name}` itself",
            node.span,
            help=f"add a prime: `one_hot[{over.name}'](...)`",
        )
    here = apply(c.graph, "equal", (y, position(c.graph, over, node.span)), node.span)
    type_ = ValueType(PROBS, here.type.axes, event=(over.name,), fixed=True, low=0.0, high=1.0)
    return c.graph.add("cast", (here,), type_, valid=here.valid, span=node.span)


def select(c: Context, node: ast.Call, scope: Scope, x: Typed, index: Typed) -> Typed:
    """`x[axis=index]`."""
    from lossdsl.elaborate.expression import selected

    axes = brackets(c, node, scope)
    if len(axes) != 1:
        raise error(
            "LD203",
            "contraction-unnamed",
            f"`select` works along exactly one axis, found {len(axes)}",
            node.span,
            help="write `select[class](x, labels)`, which is `x[class=labels]`",
        )
    return selected(c, x, axes[0], index, node.span)


def matrix_op(name: str) -> Batched:
    op = table()[name]
    assert isinstance(op, Batched)
    return op


def trace(c: Context, node: ast.Call, scope: Scope, m: Typed) -> Typed:
    """The sum of the diagonal."""
    axes = two(c, node, scope, "trace[i, i'](m)")
    diagonal = batched(c.graph, matrix_op("diag"), (m,), axes, node.span)
    return reduce(c.graph, "sum", diagonal, axes[:1], node.span)


def spectral_sum(c: Context, node: ast.Call, scope: Scope) -> Typed:
    """The sum of f over the eigenvalues; f is given by its name."""
    from lossdsl.elaborate.expression import elaborate

    form = "spectral_sum[i, i'](f, m)"
    if len(node.args) != 2 or node.kwargs or not isinstance(node.args[0], ast.Name) or node.args[0].primes:
        raise error(
            "LD003",
            "wrong-argument",
            "`spectral_sum` takes the name of a function and a matrix",
            node.span,
            help=f"write `{form}`, where f is `exp` or a definition of one argument",
        )
    axes = two(c, node, scope, form)
    values = batched(c.graph, matrix_op("eigvals"), (elaborate(c, node.args[1], scope),), axes, node.span)
    return reduce(c.graph, "sum", called(c, node.args[0], scope, values), axes[:1], node.span)


def two(c: Context, node: ast.Call, scope: Scope, form: str) -> tuple[str, ...]:
    axes = brackets(c, node, scope)
    if len(axes) != 2:
        raise error(
            "LD203",
            "contraction-unnamed",
            f"`{node.func}` works on two axes, found {len(axes)}",
            node.span,
            help=f"write `{form}`",
        )
    return axes


def called(c: Context, function: ast.Name, scope: Scope, x: Typed) -> Typed:
    """An elementwise primitive or a definition, applied to one value; it must keep the axes of the value."""
    from lossdsl.elaborate.call import call_definition

    found = definitions(c, function.id, scope)
    op = table().get(function.id)
    if found:
        y = call_definition(c, found, [x], {}, None, function.span)
    elif isinstance(op, Elementwise) and op.arity == 1:
        y = apply(c.graph, op.name, (x,), function.span)
    elif op is not None:
        raise error(
            "LD003",
            "wrong-argument",
            f"`{function.id}` is not a function of one number",
            function.span,
            help="name an elementwise function or a definition of one argument",
        )
    else:
        raise unknown_function(c, function.id, function.span, scope)
    if y.type.names != x.type.names:
        raise error(
            "LD003",
            "wrong-argument",
            f"`{function.id}` does not work element by element: it gives "
            f"[{', '.join(y.type.names)}] for [{', '.join(x.type.names)}]",
            function.span,
            help="name a function that keeps the axes of its argument",
        )
    return y
