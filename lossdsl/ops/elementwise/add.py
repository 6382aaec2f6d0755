"""The sum."""

from __future__ import annotations

from lossdsl.ops.op import Elementwise, Types
from lossdsl.ops.rules import shifted
from lossdsl.types.value import ValueType


def rule(types: Types) -> ValueType:
    x, y = types
    kind, event = shifted(x, y)
    return ValueType(kind, event=event, low=x.low + y.low, high=x.high + y.high)


OP = Elementwise(
    name="add",
    doc="The sum.",
    latex=r"{0} + {1}",
    torch="{0} + {1}",
    reference=lambda np, x, y: x + y,
    symbol="+",
    arity=2,
    rule=rule,
    domain=((-3.0, 3.0), (-3.0, 3.0)),
)
