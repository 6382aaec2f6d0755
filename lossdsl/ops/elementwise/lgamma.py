"""log of the absolute value of the gamma function."""

from __future__ import annotations

import math

from lossdsl.ops.op import Elementwise
from lossdsl.ops.rules import real

OP = Elementwise(
    name="lgamma",
    doc="log of the absolute value of the gamma function.",
    latex=r"\log\Gamma({0})",
    torch="torch.lgamma({0})",
    reference=lambda np, x: np.vectorize(math.lgamma, otypes=[float])(x),
    arity=1,
    rule=real(),
    domain=((0.2, 4.0),),
    fill=(1.0,),
)
