"""The cosine."""

from __future__ import annotations

from lossdsl.ops.op import Elementwise
from lossdsl.ops.rules import real

OP = Elementwise(
    name="cos",
    doc="The cosine.",
    latex=r"\cos({0})",
    torch="torch.cos({0})",
    reference=lambda np, x: np.cos(x),
    arity=1,
    rule=real(-1.0, 1.0),
    domain=((-3.0, 3.0),),
)
