"""The three representations of a distribution, and casts that claim one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lossdsl.elaborate.along import along
from lossdsl.elaborate.elementwise import apply
from lossdsl.elaborate.typed import Graph, Typed
from lossdsl.source.diagnostic import error
from lossdsl.source.span import Span
from lossdsl.types.kind import LOGITS, LOGPROBS, PROBS
from lossdsl.types.value import INF

VIEWS = ("probs", "logprobs", "logits")
CASTS = {"as_logits": LOGITS, "as_probs": PROBS, "as_logprobs": LOGPROBS}


def not_a_distribution(x: Typed, span: Span, what: str) -> Exception:
    axis = x.type.names[-1] if x.type.names else "axis"
    return error(
        "LD304",
        "logits-as-probs",
        f"`{what}` expects a distribution, found {x.type.kind}[{', '.join(x.type.names)}]",
        x.place or span,
        help=f"write `softmax[{axis}](...)` for scores, or cast: `as_logits[{axis}](...)`, "
        f"`as_probs[{axis}](...)`, `as_logprobs[{axis}](...)`",
    )


def view(g: Graph, name: str, x: Typed, span: Span) -> Typed:
    """x as probabilities, log-probabilities or logits, whichever it is held in."""
    if not x.type.is_distribution:
        raise not_a_distribution(x, span, name)
    kind = x.type.kind
    if name == "probs":
        return x if kind == PROBS else apply(g, "exp", (x,), span) if kind == LOGPROBS else along(
            g, "softmax", x, None, span)
    if kind == PROBS:
        x = apply(g, "log", (x,), span)
    if name == "logits":
        return x if x.type.kind == LOGITS else recast(g, x, LOGITS, x.type.event, span)
    return along(g, "log_softmax", x, None, span) if kind == LOGITS else x


def recast(g: Graph, x: Typed, kind: str, event: tuple[str, ...], span: Span) -> Typed:
    low, high = (0.0, 1.0) if kind == PROBS else (-INF, 0.0 if kind == LOGPROBS else INF)
    type_ = replace(x.type, kind=kind, event=event, of=None, low=low, high=high)
    return g.add("cast", (x,), type_, valid=x.valid, span=span)


def cast(g: Graph, name: str, x: Typed, axes: Sequence[str] | None, span: Span) -> Typed:
    """`as_probs[c](x)`: the author's word that x is a distribution over c."""
    event = tuple(axes) if axes else x.type.event or x.type.names[-1:]
    missing = [n for n in event if n not in x.type.names]
    if missing or not event:
        raise error("LD005", "unknown-axis", f"`{name}` needs an axis of its argument in brackets", span,
                    help=f"its axes are [{', '.join(x.type.names)}]")
    return recast(g, x, CASTS[name], event, span)
