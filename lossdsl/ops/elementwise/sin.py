"""The sine."""

from __future__ import annotations

from lossdsl.ops.op import Elementwise
from lossdsl.ops.rules import real

OP = Elementwise(
    name="sin",
    doc="The sine.",
    latex=r"\sin({0})",
    torch="torch.sin({0})",
    reference=lambda np, x: np.sin(x),
    arity=1,
    rule=real(-1.0, 1.0),
    domain=((-3.0, 3.0),),
)
