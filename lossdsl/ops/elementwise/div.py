"""The quotient."""

from __future__ import annotations

from lossdsl.ops.op import Elementwise, Types
from lossdsl.ops.rules import scaled
from lossdsl.types.kind import REAL
from lossdsl.types.value import ValueType


def rule(types: Types) -> ValueType:
    x, y = types
    kind, event = (REAL, ()) if y.is_distribution else scaled(x, y)
    if x.low >= 0 and y.low >= 0:
        low = x.low / y.high if y.high else 0.0
        return ValueType(kind, event=event, low=0.0 if low != low else low)
    return ValueType(kind, event=event)


OP = Elementwise(
    name="div",
    doc="The quotient.",
    latex=r"\frac{{{0}}}{{{1}}}",
    torch="{0} / {1}",
    reference=lambda np, x, y: x / y,
    symbol="/",
    arity=2,
    rule=rule,
    fill=(None, 1.0),
    domain=((-3.0, 3.0), (0.2, 3.0)),
)
