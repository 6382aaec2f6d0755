"""log of the sigmoid; what log(sigmoid(x)) is rewritten to."""

from __future__ import annotations

from lossdsl.ops.op import Elementwise
from lossdsl.ops.rules import real

OP = Elementwise(
    name="logsigmoid",
    doc="log(1/(1 + exp(-x))).",
    latex=r"\log\sigma({0})",
    torch="torch.nn.functional.logsigmoid({0})",
    reference=lambda np, x: -np.logaddexp(0.0, -x),
    arity=1,
    rule=real(high=0.0),
    domain=((-4.0, 4.0),),
)
