"""The sign, with sign(0) = 0."""

from __future__ import annotations

from lossdsl.ops.op import Elementwise
from lossdsl.ops.rules import real

OP = Elementwise(
    name="sign",
    doc="The sign, with sign(0) = 0.",
    latex=r"\operatorname{{sign}}({0})",
    torch="torch.sign({0})",
    reference=lambda np, x: np.sign(x),
    arity=1,
    rule=real(-1.0, 1.0),
    domain=((-3.0, 3.0),),
    differentiable=False,
)
