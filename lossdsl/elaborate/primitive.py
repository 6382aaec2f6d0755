"""Calls of primitives by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lossdsl.elaborate.along import along
from lossdsl.elaborate.batched import batched
from lossdsl.elaborate.elementwise import apply, constant
from lossdsl.elaborate.reduce import reduce
from lossdsl.elaborate.static import static_number
from lossdsl.elaborate.typed import Typed
from lossdsl.ops.op import Along, Batched, Elementwise, Reduction
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
            raise wrong(
                node, f"`{name}` of several values takes no `{next(iter(kwargs))}`", f"write `{name}(a, b)`"
            )
        value = args[0]
        for other in args[1:]:
            value = apply(c.graph, f"{name}imum", (value, other), node.span)
        return value
    op = table()[name]
    if isinstance(op, Elementwise):
        return elementwise(c, op, node, args, kwargs, axes)
    if isinstance(op, Along):
        return along_axes(c, op, node, args, kwargs, axes)
    if isinstance(op, Batched):
        refuse(node, kwargs)
        return batched(c.graph, op, args, axes, node.span)
    if len(args) != 1:
        raise wrong(node, f"`{name}` takes one value, found {len(args)}", f"write `{name}[axis](x)`")
    assert isinstance(op, Reduction)
    empty = kwargs.pop("empty", None)
    refuse(node, kwargs)
    return reduce(c.graph, name, args[0], axes, node.span, empty)


def along_axes(
    c: Context,
    op: Along,
    node: ast.Call,
    args: list[Typed],
    kwargs: dict[str, Typed],
    axes: tuple[str, ...] | None,
) -> Typed:
    """The arguments after x by name or in order; integers must be known when the spec is loaded."""
    names = (*op.values, *op.scalars, *op.integers)
    if not args or len(args) > 1 + len(names):
        most = f" and at most {len(names)} more" if names else ""
        raise wrong(node, f"`{op.name}` takes one value{most}, found {len(args)}", usage(op))
    given = dict(zip(names, args[1:], strict=False))
    for key in [k for k in kwargs if k in names or k == "empty" and op.validity == "reduced"]:
        if key in given:
            raise wrong(node, f"`{op.name}` gets its argument `{key}` twice", usage(op))
        given[key] = kwargs.pop(key)
    refuse(node, kwargs)
    lacking = [n for n in (*op.scalars, *op.integers) if n not in given]
    if lacking:
        raise wrong(node, f"`{op.name}` needs its argument `{lacking[0]}`", usage(op))
    for name in op.scalars:
        if given[name].type.axes:
            raise wrong(node, f"`{name}` of `{op.name}` is a scalar, found {given[name].type}", usage(op))
    if op.name == "quantile" and (given["q"].type.low > 1 or given["q"].type.high < 0):
        raise wrong(node, "the `q` of `quantile` is between 0 and 1", "0.5 is the median")
    integers = {name: integer(c, op, node, name, given.pop(name)) for name in op.integers}
    return along(c.graph, op.name, args[0], axes, node.span, given, integers)


def integer(c: Context, op: Along, node: ast.Call, name: str, value: Typed) -> int:
    number = static_number(value, c.values, c.static)
    if number is None or number != int(number) or number < 0:
        raise wrong(
            node,
            f"`{name}` of `{op.name}` is a whole number that is known when the spec is loaded",
            "write a number or an integer parameter",
        )
    return int(number)


def usage(op: Along) -> str:
    parts = ["x", *(f"{n}=..." for n in (*op.values, *op.scalars, *op.integers))]
    return f"write `{op.name}[axis]({', '.join(parts)})`"


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
    if len(given) > 1:
        for key, default in zip(names, op.defaults, strict=False):
            if default is not None and key not in given:
                given[key] = constant(c.graph, default)
    if len(args) > op.arity or len(given) != op.arity:
        raise wrong(
            node,
            f"`{op.name}` takes {op.arity} argument{'s' * (op.arity != 1)}, found {len(args)}",
            f"write `{op.name}({', '.join(names)})`",
        )
    return apply(c.graph, op.name, [given[n] for n in names], node.span)


def refuse(node: ast.Call, kwargs: dict[str, Typed]) -> None:
    if kwargs:
        key = next(iter(kwargs))
        hint = "name the axis in brackets, `f[axis](x)`" if key in ("dim", "axis", "dims") else "drop it"
        raise wrong(node, f"`{node.func}` has no argument `{key}`", hint)
