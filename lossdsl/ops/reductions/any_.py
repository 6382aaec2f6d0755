"""Whether a valid element holds."""

from __future__ import annotations

from lossdsl.ops.op import Reduction
from lossdsl.types.kind import MASK
from lossdsl.types.value import ValueType


def rule(x: ValueType, axes: tuple[str, ...]) -> ValueType:
    return ValueType(MASK, low=0.0, high=1.0)


OP = Reduction(
    name="any",
    doc="Whether a valid element holds.",
    latex=r"\exists_{{{axes}}}\, {0}",
    torch="torch.any({x}, dim={dim})",
    reference=lambda np, x, axis: np.any(x, axis=axis),
    rule=rule,
    neutral=False,
    empty="invalid",
    result="bool",
    operands="bool",
    differentiable=False,
)
