"""The product."""

from __future__ import annotations

from lossdsl.ops.op import Elementwise, Types
from lossdsl.ops.rules import product_range, scaled
from lossdsl.types.value import ValueType


def rule(types: Types) -> ValueType:
    x, y = types
    kind, event = scaled(x, y)
    low, high = product_range(x, y)
    return ValueType(kind, event=event, low=low, high=high)


OP = Elementwise(
    name="mul",
    doc="The product.",
    latex=r"{0} \, {1}",
    torch="{0} * {1}",
    reference=lambda np, x, y: x * y,
    symbol="*",
    arity=2,
    rule=rule,
    domain=((-3.0, 3.0), (-3.0, 3.0)),
)
