"""How axes meet: unions by name, with lengths that must agree."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lossdsl.elaborate.typed import Typed
from lossdsl.source.diagnostic import LossDSLError, error
from lossdsl.source.span import Span
from lossdsl.types.axis import Axis


def union(values: Sequence[Typed], span: Span) -> tuple[Axis, ...]:
    """The axes of values that broadcast by name, in order of first appearance."""
    merged: dict[str, Axis] = {}
    owner: dict[str, Typed] = {}
    for value in values:
        for axis in value.type.axes:
            known = merged.setdefault(axis.name, axis)
            if known.length != axis.length:
                raise mismatch(known, axis, owner[axis.name], value, span)
            owner.setdefault(axis.name, value)
    return tuple(merged.values())


def mismatch(a: Axis, b: Axis, first: Typed, second: Typed, span: Span) -> LossDSLError:
    labels = tuple(
        (node.span, f"`{axis.name}` has length {axis.length} here")
        for node, axis in ((first, a), (second, b))
        if node.span is not None
    )
    return error(
        "LD006",
        "axis-length-mismatch",
        f"axis `{a.name}` has length {a.length} on one side and {b.length} on the other",
        span,
        help=f"slice both sides alike, for example `x[{a.name}=1..]` with `y[{a.name}=..-1]`",
        labels=labels,
    )


def without(axes: Iterable[Axis], dropped: Iterable[str]) -> tuple[Axis, ...]:
    gone = set(dropped)
    return tuple(axis for axis in axes if axis.name not in gone)
