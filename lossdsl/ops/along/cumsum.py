"""The sum of the valid elements up to and including each one."""

from __future__ import annotations

from lossdsl.ops.op import Along
from lossdsl.types.kind import REAL
from lossdsl.types.value import ValueType


def rule(x: ValueType, axes: tuple[str, ...]) -> ValueType:
    return ValueType(REAL)


OP = Along(
    name="cumsum",
    doc="The sum of the valid elements up to and including each one.",
    latex=r"\operatorname{{cumsum}}_{{{axes}}}({0})",
    torch="torch.cumsum({x}, dim={dim})",
    reference=lambda np, x, axis: np.cumsum(x, axis=axis[0]),
    rule=rule,
    neutral=0.0,
)
