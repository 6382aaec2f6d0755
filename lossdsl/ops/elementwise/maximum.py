"""The larger of two; equal operands share the gradient."""

from __future__ import annotations

from lossdsl.ops.op import Elementwise, Types
from lossdsl.types.kind import REAL
from lossdsl.types.value import ValueType


def rule(types: Types) -> ValueType:
    x, y = types
    return ValueType(REAL, low=max(x.low, y.low), high=max(x.high, y.high))


OP = Elementwise(
    name="maximum",
    doc="The larger of two; equal operands share the gradient.",
    latex=r"\max({0}, {1})",
    torch="torch.maximum({0}, {1})",
    reference=lambda np, x, y: np.maximum(x, y),
    arity=2,
    rule=rule,
    domain=((-3.0, 3.0), (-3.0, 3.0)),
)
