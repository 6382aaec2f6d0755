"""Operations along axes that work on whole rows: softmax, cumulative sums, sorting and their like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from lossdsl.elaborate.axes import union, without
from lossdsl.elaborate.elementwise import apply
from lossdsl.elaborate.masks import any_over, conjunction, consumed, persisting
from lossdsl.elaborate.reduce import event_axes, need_axes
from lossdsl.elaborate.structure import position, size
from lossdsl.elaborate.typed import Graph, Typed
from lossdsl.ops.op import Along
from lossdsl.ops.registry import table
from lossdsl.source.diagnostic import error
from lossdsl.source.span import Span
from lossdsl.types.axis import Axis
from lossdsl.types.kind import PROBS, REAL
from lossdsl.types.value import ValueType


def along(
    g: Graph,
    name: str,
    x: Typed,
    axes: Sequence[str] | None,
    span: Span,
    arguments: Mapping[str, Typed] | None = None,
    integers: Mapping[str, int] | None = None,
) -> Typed:
    """The primitive `name` along `axes`, the event axes if None.

    `arguments` are further values by name, among them what an empty set gives (`empty`); `integers` are those
    known when the spec is loaded.
    """
    op = table()[name]
    assert isinstance(op, Along)
    if axes is None:
        axes = event_axes(x, span, op)
    need_axes(x, axes, span, name)
    if not axes or (len(axes) > 1 and (op.single or op.many is None and not op.masked)):
        raise error(
            "LD203",
            "contraction-unnamed",
            f"`{name}` works along exactly one axis, found {len(axes)}",
            span,
            help=f"write `{name}[{x.type.names[-1] if x.type.names else 'axis'}](...)`",
        )
    if name in ("softmax", "log_softmax") and x.type.kind == PROBS and set(axes) & set(x.type.event):
        raise error(
            "LD301",
            "softmax-before-ce",
            f"`{name}` of a value that is already a distribution (probs over {', '.join(x.type.event)})",
            x.place or span,
            help=f"drop the second `{name}`; to sharpen, write `softmax(log(p) / t)`; "
            f"if it is meant, cast first: `as_logits[{axes[0]}](...)`",
        )
    arguments = arguments or {}
    taken = [x, *(v for k, v in arguments.items() if k in op.values)]
    for value in taken[1:]:
        need_axes(value, axes, span, name)
    rule = op.rule(x.type, tuple(axes))
    held = union(taken, span)
    kept = without(held, axes) if op.validity == "reduced" else held
    sources = [x, *(v for k, v in arguments.items() if k not in op.values)]
    fixed = not op.differentiable or all(v.type.fixed for v in sources)
    attrs: dict[str, Any] = {"axes": tuple(axes), **(integers or {})}
    if arguments:
        attrs["roles"] = tuple(arguments)
    type_ = replace(rule, axes=kept, fixed=fixed)
    valid = validity(g, op, taken, axes, held, span, "empty" in arguments)
    valid = valid.union(*(v.valid for k, v in arguments.items() if k in op.scalars))
    return g.add(name, (x, *arguments.values()), type_, attrs=attrs, valid=valid, span=span)


def validity(
    g: Graph,
    op: Along,
    taken: Sequence[Typed],
    axes: Sequence[str],
    held: Sequence[Axis],
    span: Span,
    filled: bool,
) -> frozenset[Typed]:
    """Which elements of the result are valid; with `filled` a set without valid elements has a value too."""
    whole = frozenset[Typed]().union(*(persisting(x, axes) for x in taken))
    masks = sorted({m for x in taken for m in consumed(x, axes)}, key=lambda m: m.id)
    mask = conjunction(g, masks)
    if mask is None:
        return whole
    if op.validity == "moved":
        return whole | {moved(g, op, m, axes, span) for m in masks}
    if op.validity == "first":
        return whole | {first(g, mask, [a for n in axes for a in held if a.name == n], span)}
    if op.validity == "reduced":
        return whole if filled else whole | {any_over(g, mask, axes)}
    # In a row without valid elements every element is masked already; the row itself is not, so that a sum over it
    # is a sum over nothing.
    return whole | set(masks)


def moved(g: Graph, op: Along, mask: Typed, axes: Sequence[str], span: Span) -> Typed:
    """A mask whose elements move with those of the value."""
    own = tuple(n for n in axes if n in mask.type.names)
    return g.add(op.name, (mask,), mask.type, attrs={"axes": own}, span=span)


def first(g: Graph, mask: Typed, axes: Sequence[Axis], span: Span) -> Typed:
    """A mask of as many elements at the start of `axes`, taken as one in that order, as `mask` has there."""
    place: Typed | None = None
    for axis in axes:
        here = position(g, axis, span)
        if place is None:
            place = here
        else:
            place = apply(g, "add", (apply(g, "mul", (place, size(g, axis.length, span)), span), here), span)
    assert place is not None
    return apply(g, "less", (place, counted(g, mask, axes, span)), span)


def counted(g: Graph, mask: Typed, axes: Sequence[Axis], span: Span) -> Typed:
    """How many elements along `axes` the mask has, also along those axes that the mask itself lacks."""
    own = tuple(a.name for a in axes if a.name in mask.type.names)
    type_ = ValueType(REAL, without(mask.type.axes, own), fixed=True, low=0.0)
    number = g.add("count", (mask,), type_, attrs={"axes": own}, span=span) if own else mask
    for axis in axes:
        if axis.name not in own:
            number = apply(g, "mul", (number, size(g, axis.length, span)), span)
    return number
