"""Operations on matrices over the axes named in brackets, batched over all others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lossdsl.elaborate.along import counted
from lossdsl.elaborate.axes import mismatch, union
from lossdsl.elaborate.elementwise import apply, constant
from lossdsl.elaborate.masks import any_over, conjunction, consumed, persisting
from lossdsl.elaborate.reduce import need_axes
from lossdsl.elaborate.structure import mask_by, position, rename
from lossdsl.elaborate.typed import Graph, Typed
from lossdsl.ops.op import Batched
from lossdsl.ops.registry import table
from lossdsl.source.diagnostic import error
from lossdsl.source.span import Span
from lossdsl.types.axis import Axis
from lossdsl.types.length import Length


def batched(g: Graph, op: Batched, args: Sequence[Typed], axes: Sequence[str] | None, span: Span) -> Typed:
    """The primitive `op` on the matrices that its arguments hold over `axes`."""
    *cores, gives = op.cores
    if axes is None or len(axes) != 2:
        raise error(
            "LD203",
            "contraction-unnamed",
            f"`{op.name}` works on two axes, found {len(axes or ())}",
            span,
            help=f"write `{usage(op)}`",
        )
    if len(args) != len(cores):
        raise error(
            "LD003",
            "wrong-argument",
            f"`{op.name}` takes {len(cores)} value{'s' * (len(cores) > 1)}, found {len(args)}",
            span,
            help=f"write `{usage(op)}`",
        )
    for x, core in zip(args, cores, strict=True):
        need_axes(x, [axes[k] for k in core], span, op.name)
    for x in args[1:]:
        if axes[gives[0]] in x.type.names:
            raise error(
                "LD005",
                "unknown-axis",
                f"the result of `{op.name}` has the axis `{axes[gives[0]]}`, "
                "which its last argument has already",
                x.place or span,
                help="rename it: `b[batch, other]`",
            )
    m = args[0]
    i, j = (axis(m, n) for n in axes)
    if op.square and i.length != j.length:
        raise mismatch(i, j, m, m, span)
    result = tuple((i, j)[k] for k in gives)
    if op.name == "svdvals":
        result = (Axis(i.name, Length.least(i.length, j.length)),)
    held = union([without_core(x, axes) for x in args], span)
    type_ = replace(
        op.rule(m.type), axes=(*held, *result), fixed=not op.differentiable or all(x.type.fixed for x in args)
    )
    if op.name == "assignment":
        type_ = replace(type_, of=j.base)
    valid = frozenset[Typed]().union(
        *(persisting(x, axes) for x in args), validity(g, op, m, (i, j), result, span)
    )
    value = g.add(op.name, args, type_, attrs={"axes": tuple(axes)}, valid=valid, span=span)
    if op.name == "assignment" and not (always(i.length, j.length) and not consumed(m, axes)):
        # Whoever is left without a partner holds -1.
        value = mask_by(g, value, apply(g, "greater_equal", (value, constant(g, 0)), span), span)
    return value


def usage(op: Batched) -> str:
    second = "j" if not op.square else "i'"
    return f"{op.name}[i, {second}]({', '.join(('a', 'b')[: len(op.cores) - 1])})"


def axis(x: Typed, name: str) -> Axis:
    found = x.type.axis(name)
    assert found is not None
    return found


def without_core(x: Typed, axes: Sequence[str]) -> Typed:
    """A stand-in for x with its batch axes alone."""
    kept = tuple(a for a in x.type.axes if a.name not in axes)
    return Typed(x.id, x.op, x.args, x.attrs, replace(x.type, axes=kept), x.valid, x.span)


def always(i: Length, j: Length) -> bool:
    """Whether i is known not to be larger than j."""
    return i == j or i.value is not None and j.value is not None and i.value <= j.value


def validity(
    g: Graph, op: Batched, m: Typed, axes: tuple[Axis, Axis], result: Sequence[Axis], span: Span
) -> frozenset[Typed]:
    """Which elements of the result are valid, given the masks of the matrix along its two axes."""
    i, j = axes
    names = (i.name, j.name)
    masks = consumed(m, names)
    if op.name == "diag":
        return frozenset(diagonal(g, x, names, span) for x in masks)
    mask = conjunction(g, masks)
    if mask is None or op.name == "assignment":
        return frozenset()
    if op.validity == "first" and not op.square:
        # A row or column without any valid element adds no singular value.
        rows, columns = any_over(g, mask, [j.name]), any_over(g, mask, [i.name])
        number = apply(g, "minimum", (counted(g, rows, [i], span), counted(g, columns, [j], span)), span)
        return frozenset({apply(g, "less", (position(g, result[0], span), number), span)})
    held = diagonal(g, mask, names, span)
    if op.validity == "first":
        return frozenset({apply(g, "less", (position(g, i, span), counted(g, held, [i], span)), span)})
    if not result:
        return frozenset({any_over(g, mask, names)})
    return frozenset(held if a.name == i.name else rename(g, held, {i.name: a.name}, span) for a in result)


def diagonal(g: Graph, mask: Typed, names: tuple[str, str], span: Span) -> Typed:
    """The diagonal of a mask, over the first one of two axes; it may have only one of them."""
    i, j = names
    if i not in mask.type.names or j not in mask.type.names:
        return rename(g, mask, {j: i}, span)
    op = table()["diag"]
    assert isinstance(op, Batched)
    kept = tuple(a for a in mask.type.axes if a.name not in names)
    type_ = replace(mask.type, axes=(*kept, axis(mask, i)))
    return g.add("diag", (mask,), type_, attrs={"axes": names}, span=span)
