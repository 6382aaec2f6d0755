"""The negative."""

from __future__ import annotations

from lossdsl.ops.op import Elementwise, Types
from lossdsl.ops.rules import scaled
from lossdsl.types.kind import REAL
from lossdsl.types.value import ValueType


def rule(types: Types) -> ValueType:
    (x,) = types
    kind, event = scaled(x, ValueType(REAL))
    return ValueType(kind, event=event, low=-x.high, high=-x.low)


OP = Elementwise(
    name="neg",
    doc="The negative.",
    latex=r"-{0}",
    torch="-{0}",
    reference=lambda np, x: -x,
    arity=1,
    rule=rule,
    domain=((-3.0, 3.0),),
)
