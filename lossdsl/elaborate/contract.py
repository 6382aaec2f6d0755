"""Contractions between values: `dot` and `linear`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lossdsl.elaborate.axes import union, without
from lossdsl.elaborate.elementwise import apply
from lossdsl.elaborate.masks import persisting
from lossdsl.elaborate.typed import Graph, Typed, unsettled
from lossdsl.source.diagnostic import error
from lossdsl.source.span import Span
from lossdsl.types.kind import LOGITS, REAL
from lossdsl.types.value import INF, ValueType


def dot(g: Graph, args: Sequence[Typed], axes: Sequence[str], span: Span) -> Typed:
    """The sum over `axes` of the product of `args`; a product with an invalid factor is left out of the sum."""
    merged = union(args, span)
    have = [a.name for a in merged]
    for name in axes:
        if sum(name in a.type.names for a in args) < min(2, len(args)) and not any(unsettled(a) for a in args):
            raise error(
                "LD005",
                "unknown-axis",
                f"`dot` contracts `{name}`, which {'only one' if name in have else 'none'} of its arguments has",
                span,
                help=f"their axes are [{'], ['.join(', '.join(a.type.names) for a in args)}]",
            )
    valid = frozenset().union(*(persisting(a, axes) for a in args))
    low = 0.0 if all(a.type.low >= 0 for a in args) else -INF
    type_ = ValueType(REAL, without(merged, axes), fixed=all(a.type.fixed for a in args), low=low)
    return g.add("dot", args, type_, attrs={"axes": tuple(axes)}, valid=valid, span=span)


def linear(g: Graph, args: Sequence[Typed], span: Span) -> Typed:
    """`linear(x, w, b)`: logits over the one axis that the weight does not share with x."""
    if len(args) not in (2, 3):
        raise error("LD003", "wrong-argument", f"`linear` takes x, w and perhaps b, found {len(args)} arguments", span,
                    help="write `linear(hidden, head)`")
    x, w = args[0], args[1]
    shared = [n for n in w.type.names if n in x.type.names]
    own = [n for n in w.type.names if n not in x.type.names]
    if len(shared) != 1 or len(own) != 1:
        raise error(
            "LD005",
            "unknown-axis",
            f"`linear` needs a weight that shares one axis with x and has one of its own; "
            f"x has [{', '.join(x.type.names)}], the weight [{', '.join(w.type.names)}]",
            span,
            help="declare `real[token, feature]` and `real[class, feature]`, or write `dot[axis](x, w)`",
        )
    y = dot(g, (x, w), shared, span)
    y = g.add(y.op, y.args, replace(y.type, kind=LOGITS, event=(own[0],)), attrs=dict(y.attrs), valid=y.valid,
              span=span)
    if len(args) == 3:
        y = apply(g, "add", (y, args[2]), span)
    return y
