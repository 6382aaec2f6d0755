"""The derivative of lgamma."""

from __future__ import annotations

from typing import Any

from lossdsl.ops.op import Elementwise
from lossdsl.ops.rules import real


def digamma(np: Any, x: Any) -> Any:
    """Recurrence up to 12, then the asymptotic series."""
    x = np.asarray(x, dtype=float)
    shift = np.zeros_like(x)
    for _ in range(12):
        small = x < 12
        shift = np.where(small, shift - 1 / x, shift)
        x = np.where(small, x + 1, x)
    z = 1 / (x * x)
    series = z * (1 / 12 - z * (1 / 120 - z * (1 / 252 - z * (1 / 240 - z * (1 / 132 - z * 691 / 32760)))))
    return shift + np.log(x) - 0.5 / x - series


OP = Elementwise(
    name="digamma",
    doc="The derivative of lgamma.",
    latex=r"\psi({0})",
    torch="torch.digamma({0})",
    reference=digamma,
    arity=1,
    rule=real(),
    domain=((0.2, 4.0),),
    fill=(1.0,),
)
