"""The hyperbolic tangent."""

from __future__ import annotations

from lossdsl.ops.op import Elementwise
from lossdsl.ops.rules import real

OP = Elementwise(
    name="tanh",
    doc="The hyperbolic tangent.",
    latex=r"\tanh({0})",
    torch="torch.tanh({0})",
    reference=lambda np, x: np.tanh(x),
    arity=1,
    rule=real(-1.0, 1.0),
    domain=((-3.0, 3.0),),
)
