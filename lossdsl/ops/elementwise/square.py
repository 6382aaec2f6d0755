"""x squared."""

from __future__ import annotations

from lossdsl.ops.op import Elementwise
from lossdsl.ops.rules import real

OP = Elementwise(
    name="square",
    doc="x squared.",
    latex=r"{0}^2",
    torch="torch.square({0})",
    reference=lambda np, x: np.square(x),
    arity=1,
    rule=real(0.0),
    domain=((-3.0, 3.0),),
)
