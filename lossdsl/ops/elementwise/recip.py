"""1/x."""

from __future__ import annotations

from lossdsl.ops.op import Elementwise
from lossdsl.ops.rules import real

OP = Elementwise(
    name="recip",
    doc="1/x.",
    latex=r"{0}^{{-1}}",
    torch="torch.reciprocal({0})",
    reference=lambda np, x: 1 / x,
    arity=1,
    rule=real(),
    domain=((0.2, 3.0),),
    fill=(1.0,),
)
