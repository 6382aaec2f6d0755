"""max(x, 0); gradient 0 at 0."""

from __future__ import annotations

from lossdsl.ops.op import Elementwise
from lossdsl.ops.rules import real

OP = Elementwise(
    name="relu",
    doc="max(x, 0); gradient 0 at 0.",
    latex=r"\operatorname{{relu}}({0})",
    torch="torch.relu({0})",
    reference=lambda np, x: np.maximum(x, 0.0),
    arity=1,
    rule=real(0.0),
    domain=((-3.0, 3.0),),
)
