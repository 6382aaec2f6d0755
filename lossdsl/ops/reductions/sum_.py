"""The sum over the valid elements."""

from __future__ import annotations

from lossdsl.ops.op import Reduction
from lossdsl.types.kind import REAL
from lossdsl.types.value import INF, ValueType


def rule(x: ValueType, axes: tuple[str, ...]) -> ValueType:
    return ValueType(REAL, low=0.0 if x.low >= 0 else -INF, high=0.0 if x.high <= 0 else INF)


OP = Reduction(
    name="sum",
    doc="The sum over the valid elements.",
    latex=r"\sum_{{{axes}}} {0}",
    torch="torch.sum({x}, dim={dim})",
    reference=lambda np, x, axis: np.sum(x, axis=axis),
    rule=rule,
    neutral=0.0,
    empty="zero",
)
