"""Operations on axes alone: rename, select, slice, positions, sizes, masks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lossdsl.elaborate.axes import union, without
from lossdsl.elaborate.masks import conjuncts, mapped
from lossdsl.elaborate.reduce import need_axes
from lossdsl.elaborate.typed import Graph, Typed, unsettled
from lossdsl.source.diagnostic import error
from lossdsl.source.span import Span
from lossdsl.types.axis import Axis
from lossdsl.types.kind import LOGITS, LOGPROBS, PROB, PROBS, REAL
from lossdsl.types.length import Length
from lossdsl.types.value import ValueType


def position(g: Graph, axis: Axis, span: Span | None = None) -> Typed:
    """0..n-1 along an axis."""
    type_ = ValueType("index", (axis,), of=axis.base, fixed=True, low=0.0)
    return g.add("position", (), type_, attrs={"axis": axis.name, "length": axis.length}, span=span)


def size(g: Graph, length: Length, span: Span) -> Typed:
    value = length.value
    low, high = (0.0, float("inf")) if value is None else (float(value), float(value))
    return g.add("size", (), ValueType(REAL, fixed=True, low=low, high=high), attrs={"length": length}, span=span)


def rename(g: Graph, x: Typed, names: dict[str, str], span: Span) -> Typed:
    """x with axes renamed; the masks of x are renamed alike."""
    names = {old: new for old, new in names.items() if old in x.type.names and old != new}
    if not names:
        return x
    if x.op == "rename":
        pairs = zip(x.args[0].type.axes, x.type.axes, strict=True)
        return rename(g, x.args[0], {old.name: names.get(new.name, new.name) for old, new in pairs}, span)
    axes = tuple(a.renamed(names.get(a.name, a.name)) for a in x.type.axes)
    if len({a.name for a in axes}) < len(axes):
        raise error("LD005", "unknown-axis", "two axes of one value cannot have the same name", span,
                    help="add a prime to one of them: `batch'`")
    type_ = replace(x.type, axes=axes, event=tuple(names.get(n, n) for n in x.type.event))
    if x.op == "position":
        return position(g, axes[0], span)
    valid = mapped(x, lambda m: rename(g, m, names, span))
    return g.add("rename", (x,), type_, attrs={"names": tuple(sorted(names.items()))}, valid=valid, span=span)


def prime(g: Graph, x: Typed, count: int, span: Span) -> Typed:
    """x with a prime on its first axis."""
    if not x.type.axes:
        raise error("LD005", "unknown-axis", "a scalar has no axis to prime", span, help="drop the prime")
    first = x.type.axes[0].name
    return rename(g, x, {first: first + "'" * count}, span)


def mask_by(g: Graph, x: Typed, mask: Typed, span: Span) -> Typed:
    """`x where mask`."""
    if not mask.type.is_mask:
        raise error(
            "LD003",
            "wrong-argument",
            f"`where` expects a mask, found {mask.type.kind}",
            mask.place or span,
            help="write a comparison, for example `x where labels == class`",
        )
    type_ = replace(x.type, axes=union((x, mask), span))
    # The parts of an `and` are masks of their own: `x where a and b` is `x where a where b`.
    parts = conjuncts(mask)
    valid = x.valid.union(parts, *(part.valid for part in parts))
    return g.add("mask_by", (x, mask), type_, valid=valid, span=span)


def pick(g: Graph, x: Typed, axis: str, index: int, span: Span) -> Typed:
    """The elements at one position of an axis."""
    need_axes(x, (axis,), span, "[...]")
    length = x.type.axis(axis).length.value  # type: ignore[union-attr]
    if length is not None and not -length <= index < length:
        raise error("LD005", "unknown-axis", f"position {index} is outside axis `{axis}`, whose length is {length}",
                    span, help=f"positions run from 0 to {length - 1}")
    type_ = after_selection(x, axis, without(x.type.axes, (axis,)))
    valid = mapped(x, lambda m: pick(g, m, axis, index, span) if axis in m.type.names else m)
    return g.add("pick", (x,), type_, attrs={"axis": axis, "index": index}, valid=valid, span=span)


def gather(g: Graph, x: Typed, axis: str, index: Typed, span: Span) -> Typed:
    """The elements of an axis that an index value names."""
    need_axes(x, (axis,), span, "[...]")
    along = x.type.axis(axis)
    assert along is not None
    of = index.type.of
    if index.op == "position" and of == along.base and index.type.axes[0].length == along.length:
        new = index.type.axes[0].name
        if new == axis:
            return x
        if new not in x.type.names:
            return rename(g, x, {axis: new}, span)
    if of is not None and of != along.base:
        raise error(
            "LD005",
            "unknown-axis",
            f"an index of `{of}` cannot select along `{along.base}`",
            index.place or span,
            help=f"declare it as `index[...] of {along.base}`",
        )
    rest = without(x.type.axes, (axis,))
    axes = union((replace_axes(g, x, rest), index), span)
    type_ = after_selection(x, axis, axes)

    def select_mask(m: Typed) -> Typed:
        return gather(g, m, axis, index, span) if axis in m.type.names else m

    valid = mapped(x, select_mask) | index.valid
    return g.add("gather", (x, index), type_, attrs={"axis": axis}, valid=valid, span=span)


def replace_axes(g: Graph, x: Typed, axes: tuple[Axis, ...]) -> Typed:
    """A stand-in for x with other axes, to ask what a union would be."""
    return Typed(x.id, x.op, x.args, x.attrs, replace(x.type, axes=axes), x.valid, x.span)


def after_selection(x: Typed, axis: str, axes: tuple[Axis, ...]) -> ValueType:
    """Selecting along another axis keeps the kind; along the event axis it takes one probability out."""
    if axis not in x.type.event:
        return replace(x.type, axes=axes)
    kind = PROB if x.type.kind == PROBS else REAL
    return replace(x.type, axes=axes, kind=kind, event=())


def cut(g: Graph, x: Typed, axis: str, start: int | None, stop: int | None, span: Span) -> Typed:
    """A slice: the axis keeps its name, its length changes."""
    need_axes(x, (axis,), span, "[...]")
    along = x.type.axis(axis)
    assert along is not None
    first = Length.constant(0) if start is None else end(along.length, start)
    last = along.length if stop is None else end(along.length, stop)
    length = last - first
    if length.value is not None and length.value < 0:
        raise error("LD005", "unknown-axis", "the slice ends before it starts", span, help="write `start..stop`")
    whole = along.length.value
    if whole is not None and not all(-whole <= b <= whole for b in (start, stop) if b is not None):
        raise error("LD005", "unknown-axis", f"the slice ends outside axis `{axis}`, whose length is {whole}", span,
                    help=f"its bounds are from {-whole} to {whole}")
    axes = tuple(Axis(a.name, length) if a.name == axis else a for a in x.type.axes)
    type_ = replace(x.type, axes=axes)
    if axis in x.type.event and x.type.kind in (PROBS, LOGPROBS):
        # A part of a distribution no longer sums to one.
        kind = REAL if x.type.kind == PROBS else LOGITS
        type_ = replace(type_, kind=kind, event=() if kind == REAL else x.type.event)
    valid = mapped(x, lambda m: cut(g, m, axis, start, stop, span) if axis in m.type.names else m)
    attrs = {"axis": axis, "start": start, "stop": stop}
    return g.add("slice", (x,), type_, attrs=attrs, valid=valid, span=span)


def end(length: Length, bound: int) -> Length:
    return length + bound if bound < 0 else Length.constant(bound)


def full_rename(g: Graph, x: Typed, names: Sequence[str], span: Span) -> Typed:
    """`x[a, b]`: the axes in order, all of them named."""
    if unsettled(x):
        return x
    if len(names) != len(x.type.axes):
        have = ", ".join(x.type.names)
        raise error(
            "LD005",
            "unknown-axis",
            f"{len(names)} axis name{'s' * (len(names) != 1)} given for a value with {len(x.type.axes)}",
            span,
            help=f"name them all, in order: [{have}]",
        )
    return rename(g, x, dict(zip(x.type.names, names, strict=True)), span)
