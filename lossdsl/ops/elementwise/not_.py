"""The mask does not hold."""

from __future__ import annotations

from lossdsl.ops.op import Elementwise
from lossdsl.ops.rules import mask

OP = Elementwise(
    name="not",
    doc="The mask does not hold.",
    latex=r"\neg {0}",
    torch="~{0}",
    reference=lambda np, x: ~x,
    symbol="not",
    arity=1,
    rule=mask,
    result="bool",
    operands="bool",
    differentiable=False,
)
