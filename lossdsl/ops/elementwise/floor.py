"""The largest integer not above x; gradient 0."""

from __future__ import annotations

import math

from lossdsl.ops.op import Elementwise
from lossdsl.ops.rules import monotone

OP = Elementwise(
    name="floor",
    doc="The largest integer not above x; gradient 0.",
    latex=r"\lfloor {0} \rfloor",
    torch="torch.floor({0})",
    reference=lambda np, x: np.floor(x),
    arity=1,
    rule=monotone(lambda x: x if math.isinf(x) else float(math.floor(x))),
    domain=((-3.0, 3.0),),
    differentiable=False,
)
