"""The square root."""

from __future__ import annotations

import math

from lossdsl.ops.op import Elementwise
from lossdsl.ops.rules import monotone

OP = Elementwise(
    name="sqrt",
    doc="The square root.",
    latex=r"\sqrt{{{0}}}",
    torch="torch.sqrt({0})",
    reference=lambda np, x: np.sqrt(x),
    arity=1,
    rule=monotone(math.sqrt),
    domain=((0.05, 3.0),),
    fill=(1.0,),
)
