"""The absolute value; gradient 0 at 0."""

from __future__ import annotations

from lossdsl.ops.op import Elementwise
from lossdsl.ops.rules import real

OP = Elementwise(
    name="abs",
    doc="The absolute value; gradient 0 at 0.",
    latex=r"\left|{0}\right|",
    torch="torch.abs({0})",
    reference=lambda np, x: np.abs(x),
    arity=1,
    rule=real(0.0),
    domain=((-3.0, 3.0),),
)
