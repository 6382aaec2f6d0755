"""log(1 + x), exact near 0."""

from __future__ import annotations

import math

from lossdsl.ops.op import Elementwise
from lossdsl.ops.rules import monotone

OP = Elementwise(
    name="log1p",
    doc="log(1 + x), exact near 0.",
    latex=r"\log(1 + {0})",
    torch="torch.log1p({0})",
    reference=lambda np, x: np.log1p(x),
    arity=1,
    rule=monotone(math.log1p),
    domain=((-0.9, 3.0),),
    fill=(0.0,),
)
