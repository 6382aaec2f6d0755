"""log(1 + exp(x)), exact for every argument."""

from __future__ import annotations

from lossdsl.ops.op import Elementwise
from lossdsl.ops.rules import real

OP = Elementwise(
    name="softplus",
    doc="log(1 + exp(x)), exact for every argument.",
    latex=r"\operatorname{{softplus}}({0})",
    # torch's own softplus is linear above a threshold, which is off by exp(-20) there.
    torch="-torch.nn.functional.logsigmoid(-{0})",
    reference=lambda np, x: np.logaddexp(0.0, x),
    arity=1,
    rule=real(0.0),
    domain=((-3.0, 3.0),),
)
