"""Both masks hold."""

from __future__ import annotations

from lossdsl.ops.op import Elementwise
from lossdsl.ops.rules import mask

OP = Elementwise(
    name="and",
    doc="Both masks hold.",
    latex=r"{0} \wedge {1}",
    torch="{0} & {1}",
    reference=lambda np, x, y: x & y,
    symbol="and",
    arity=2,
    rule=mask,
    result="bool",
    operands="bool",
    differentiable=False,
)
