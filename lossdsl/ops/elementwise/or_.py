"""One of the masks holds."""

from __future__ import annotations

from lossdsl.ops.op import Elementwise
from lossdsl.ops.rules import mask

OP = Elementwise(
    name="or",
    doc="One of the masks holds.",
    latex=r"{0} \vee {1}",
    torch="{0} | {1}",
    reference=lambda np, x, y: x | y,
    symbol="or",
    arity=2,
    rule=mask,
    result="bool",
    operands="bool",
    differentiable=False,
)
