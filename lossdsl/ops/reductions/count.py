"""How many elements of a mask hold; of another value, how many are valid."""

from __future__ import annotations

from lossdsl.ops.op import Reduction
from lossdsl.types.kind import REAL
from lossdsl.types.value import ValueType


def rule(x: ValueType, axes: tuple[str, ...]) -> ValueType:
    return ValueType(REAL, fixed=True, low=0.0)


OP = Reduction(
    name="count",
    doc="How many elements of a mask hold; of another value, how many are valid.",
    latex=r"\#_{{{axes}}} {0}",
    torch="torch.sum({x}, dim={dim})",
    reference=lambda np, x, axis: np.sum(x, axis=axis),
    rule=rule,
    neutral=False,
    empty="zero",
    operands="bool",
    differentiable=False,
)
