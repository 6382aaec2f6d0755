"""exp(x) - 1, exact near 0."""

from __future__ import annotations

import math

from lossdsl.ops.op import Elementwise
from lossdsl.ops.rules import monotone

OP = Elementwise(
    name="expm1",
    doc="exp(x) - 1, exact near 0.",
    latex=r"(e^{{{0}}} - 1)",
    torch="torch.expm1({0})",
    reference=lambda np, x: np.expm1(x),
    arity=1,
    rule=monotone(math.expm1),
    domain=((-3.0, 3.0),),
    fill=(0.0,),
)
