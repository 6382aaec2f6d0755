"""x different from y."""

from __future__ import annotations

from lossdsl.ops.op import Elementwise
from lossdsl.ops.rules import mask

OP = Elementwise(
    name="not_equal",
    doc="x different from y.",
    latex=r"{0} \ne {1}",
    torch="{0} != {1}",
    reference=lambda np, x, y: x != y,
    symbol="!=",
    arity=2,
    rule=mask,
    domain=((-3.0, 3.0), (-3.0, 3.0)),
    result="bool",
    operands="any",
    differentiable=False,
)
