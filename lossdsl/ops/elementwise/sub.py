"""The difference."""

from __future__ import annotations

from lossdsl.ops.op import Elementwise, Types
from lossdsl.ops.rules import shifted
from lossdsl.types.kind import LOGPROBS, PROB, REAL
from lossdsl.types.value import ValueType


def rule(types: Types) -> ValueType:
    x, y = types
    low, high = x.low - y.high, x.high - y.low
    if y.kind == PROB and x.low == x.high == 1.0:
        return ValueType(PROB, low=low, high=high)  # the complement
    if x.kind == LOGPROBS and y.kind == LOGPROBS:
        return ValueType(REAL, low=low, high=high)  # a log-ratio
    kind, event = shifted(x, y)
    return ValueType(kind, event=event, low=low, high=high)


OP = Elementwise(
    name="sub",
    doc="The difference.",
    latex=r"{0} - {1}",
    torch="{0} - {1}",
    reference=lambda np, x, y: x - y,
    symbol="-",
    arity=2,
    rule=rule,
    domain=((-3.0, 3.0), (-3.0, 3.0)),
)
