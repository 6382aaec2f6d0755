"""Reductions over named axes, which skip invalid elements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lossdsl.elaborate.axes import without
from lossdsl.elaborate.masks import persisting, somewhere
from lossdsl.elaborate.typed import Graph, Typed, unsettled
from lossdsl.ops.op import Op, Reduction
from lossdsl.ops.registry import table
from lossdsl.source.diagnostic import error
from lossdsl.source.span import Span


def need_axes(x: Typed, axes: Sequence[str], span: Span, what: str) -> None:
    """Every axis must be one of x's."""
    if unsettled(x):
        return
    for name in axes:
        if name not in x.type.names:
            have = ", ".join(f"`{n}`" for n in x.type.names) or "none"
            raise error(
                "LD005",
                "unknown-axis",
                f"`{what}` works along `{name}`, but its argument has no such axis",
                span,
                help=f"its axes are: {have}",
                labels=((x.span, f"this has axes [{', '.join(x.type.names)}]"),) if x.span else (),
            )
    if len(set(axes)) != len(axes):
        raise error(
            "LD005", "unknown-axis", f"`{what}` names an axis twice", span, help="name each axis once"
        )


def event_axes(x: Typed, span: Span, op: Op) -> tuple[str, ...]:
    """The axes that a function without brackets works on: those of the event of a distribution."""
    if x.type.is_distribution and x.type.event:
        return x.type.event
    have = ", ".join(x.type.names)
    example = x.type.names[-1] if x.type.names else "axis"
    raise error(
        "LD203",
        "contraction-unnamed",
        f"`{op.name}` of a {x.type.kind} value needs its axis named",
        span,
        help=f"write `{op.name}[{example}](...)`; the axes of the argument are [{have}]",
    )


def reduce(
    g: Graph, name: str, x: Typed, axes: Sequence[str] | None, span: Span, empty: Typed | None = None
) -> Typed:
    """The reduction `name` of x over `axes`, over all axes if None. `empty` is the value of an empty set."""
    op = table()[name]
    assert isinstance(op, Reduction)
    if axes is None:
        axes = event_axes(x, span, op) if name == "logsumexp" else x.type.names
    need_axes(x, axes, span, name)
    if op.single and len(axes) != 1:
        raise error(
            "LD203",
            "contraction-unnamed",
            f"`{name}` works along exactly one axis, found {len(axes)}",
            span,
            help=f"write `{name}[{x.type.names[-1] if x.type.names else 'axis'}](...)`",
        )
    if op.operands == "bool" and name != "count" and not x.type.is_mask:
        raise error(
            "LD003",
            "wrong-argument",
            f"`{name}` expects a mask, found {x.type.kind}",
            x.place or span,
            help="write a comparison, for example `x > 0`",
        )
    valid = persisting(x, axes)
    if op.empty == "invalid" and empty is None:
        valid |= somewhere(g, x, axes)
    fixed = not op.differentiable or x.type.fixed and (empty is None or empty.type.fixed)
    type_ = replace(op.rule(x.type, tuple(axes)), axes=without(x.type.axes, axes), fixed=fixed)
    args = (x,) if empty is None else (x, empty)
    return g.add(name, args, type_, attrs={"axes": tuple(axes)}, valid=valid, span=span)


def scalar(g: Graph, x: Typed, span: Span) -> Typed:
    """Where a scalar is due, a value with axes is averaged; an invalid scalar counts 0."""
    if not x.type.axes and not x.valid:
        return x
    kind = replace(table()["mean"].rule(x.type, x.type.names), axes=(), fixed=x.type.fixed)  # type: ignore[attr-defined]
    return g.add("mean", (x,), kind, attrs={"axes": x.type.names, "all": True}, span=span)
