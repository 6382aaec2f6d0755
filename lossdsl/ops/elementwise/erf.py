"""The error function."""

from __future__ import annotations

import math

from lossdsl.ops.op import Elementwise
from lossdsl.ops.rules import real

OP = Elementwise(
    name="erf",
    doc="The error function.",
    latex=r"\operatorname{{erf}}({0})",
    torch="torch.erf({0})",
    reference=lambda np, x: np.vectorize(math.erf, otypes=[float])(x),
    arity=1,
    rule=real(-1.0, 1.0),
    domain=((-3.0, 3.0),),
)
