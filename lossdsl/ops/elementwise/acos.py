"""The inverse cosine."""

from __future__ import annotations

import math

from lossdsl.ops.op import Elementwise
from lossdsl.ops.rules import real

OP = Elementwise(
    name="acos",
    doc="The inverse cosine.",
    latex=r"\arccos({0})",
    torch="torch.acos({0})",
    reference=lambda np, x: np.arccos(x),
    arity=1,
    rule=real(0.0, math.pi),
    domain=((-0.9, 0.9),),
    fill=(0.0,),
)
