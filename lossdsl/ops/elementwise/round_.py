"""The nearest integer, halves to even; gradient 0."""

from __future__ import annotations

import math

from lossdsl.ops.op import Elementwise
from lossdsl.ops.rules import monotone

OP = Elementwise(
    name="round",
    doc="The nearest integer, halves to even; gradient 0.",
    latex=r"\operatorname{{round}}({0})",
    torch="torch.round({0})",
    reference=lambda np, x: np.round(x),
    arity=1,
    rule=monotone(lambda x: x if math.isinf(x) else float(round(x))),
    domain=((-3.0, 3.0),),
    differentiable=False,
)
