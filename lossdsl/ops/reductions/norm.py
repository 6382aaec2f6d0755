"""The 2-norm; subgradient 0 at 0."""

from __future__ import annotations

from lossdsl.ops.op import Reduction
from lossdsl.types.kind import REAL
from lossdsl.types.value import ValueType


def rule(x: ValueType, axes: tuple[str, ...]) -> ValueType:
    return ValueType(REAL, low=0.0)


OP = Reduction(
    name="norm",
    doc="The 2-norm; subgradient 0 at 0.",
    latex=r"\left\|{0}\right\|_{{{axes}}}",
    torch="torch.linalg.vector_norm({x}, dim={dim})",
    reference=lambda np, x, axis: np.sqrt(np.sum(np.square(x), axis=axis)),
    rule=rule,
    neutral=0.0,
    empty="invalid",
)
