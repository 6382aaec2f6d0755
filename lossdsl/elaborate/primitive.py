"""Calls of primitives by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lossdsl.elaborate.along import along
from lossdsl.elaborate.elementwise import apply
from lossdsl.elaborate.reduce import reduce
from lossdsl.elaborate.typed import Typed
from lossdsl.ops.op import Along, Elementwise, Reduction
from lossdsl.ops.registry import table
from lossdsl.source.diagnostic import LossDSLError, error
from lossdsl.syntax import ast

if TYPE_CHECKING:
    from lossdsl.elaborate.context import Context


def wrong(node: ast.Call, message: str, hint: str) -> LossDSLError:
    return error("LD003", "wrong-argument", message, node.span, help=hint)


def primitive(
    c: Context, node: ast.Call, args: list[Typed], kwargs: dict[str, Typed], axes: tuple[str, ...] | None
) -> Typed:
    """An elementwise function, a reduction or an operation along axes."""
    name = node.func
    if name in ("min", "max") and len(args) > 1 and axes is None:
        if kwargs:
            raise wrong(node, f"`{name}` of several values takes no `{next(iter(kwargs))}`", f"write `{name}(a, b)`")
        value = args[0]
        for other in args[1:]:
            value = apply(c.graph, f"{name}imum", (value, other), node.span)
        return value
    op = table()[name]
    if isinstance(op, Elementwise):
        return elementwise(c, op, node, args, kwargs, axes)
    if len(args) != 1:
        raise wrong(node, f"`{name}` takes one value, found {len(args)}", f"write `{name}[axis](x)`")
    if isinstance(op, Reduction):
        empty = kwargs.pop("empty", None)
        refuse(node, kwargs)
        return reduce(c.graph, name, args[0], axes, node.span, empty)
    assert isinstance(op, Along)
    refuse(node, kwargs)
    return along(c.graph, name, args[0], axes, node.span)


def elementwise(
    c: Context,
    op: Elementwise,
    node: ast.Call,
    args: list[Typed],
    kwargs: dict[str, Typed],
    axes: tuple[str, ...] | None,
) -> Typed:
    if axes is not None:
        raise wrong(node, f"`{op.name}` works element by element and takes no axes", f"write `{op.name}(x)`")
    names = op.keywords or ("x", "y", "z")[: op.arity]
    given = dict(zip(names, args, strict=False))
    for key in [k for k in kwargs if k in names and k not in given]:
        given[key] = kwargs.pop(key)
    refuse(node, kwargs)
    if len(args) > op.arity or len(given) != op.arity:
        raise wrong(node, f"`{op.name}` takes {op.arity} argument{'s' * (op.arity != 1)}, found {len(args)}",
                    f"write `{op.name}({', '.join(names)})`")
    return apply(c.graph, op.name, [given[n] for n in names], node.span)


def refuse(node: ast.Call, kwargs: dict[str, Typed]) -> None:
    if kwargs:
        key = next(iter(kwargs))
        hint = "name the axis in brackets, `f[axis](x)`" if key in ("dim", "axis", "dims") else "drop it"
        raise wrong(node, f"`{node.func}` has no argument `{key}`", hint)
