"""The smaller of two; equal operands share the gradient."""

from __future__ import annotations

from lossdsl.ops.op import Elementwise, Types
from lossdsl.types.kind import REAL
from lossdsl.types.value import ValueType


def rule(types: Types) -> ValueType:
    x, y = types
    return ValueType(REAL, low=min(x.low, y.low), high=min(x.high, y.high))


OP = Elementwise(
    name="minimum",
    doc="The smaller of two; equal operands share the gradient.",
    latex=r"\min({0}, {1})",
    torch="torch.minimum({0}, {1})",
    reference=lambda np, x, y: np.minimum(x, y),
    arity=2,
    rule=rule,
    domain=((-3.0, 3.0), (-3.0, 3.0)),
)
