"""Operations along axes that keep them: softmax, cumulative sums and their like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lossdsl.elaborate.masks import consumed, persisting, somewhere
from lossdsl.elaborate.reduce import event_axes, need_axes
from lossdsl.elaborate.typed import Graph, Typed
from lossdsl.ops.op import Along
from lossdsl.ops.registry import table
from lossdsl.source.diagnostic import error
from lossdsl.source.span import Span
from lossdsl.types.kind import PROBS


def along(g: Graph, name: str, x: Typed, axes: Sequence[str] | None, span: Span) -> Typed:
    """The primitive `name` along `axes`, the event axes if None."""
    op = table()[name]
    assert isinstance(op, Along)
    if axes is None:
        axes = event_axes(x, span, op)
    need_axes(x, axes, span, name)
    if not axes or (len(axes) > 1 and op.many is None):
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
    valid = persisting(x, axes) | set(consumed(x, axes)) | somewhere(g, x, axes)
    rule = op.rule(x.type, tuple(axes))
    fixed = not op.differentiable or x.type.fixed
    type_ = replace(rule, axes=x.type.axes, fixed=fixed)
    return g.add(name, (x,), type_, attrs={"axes": tuple(axes)}, valid=valid, span=span)
