"""log of the sum of exponentials up to and including each element."""

from __future__ import annotations

from lossdsl.ops.op import Along
from lossdsl.types.kind import REAL
from lossdsl.types.value import ValueType


def rule(x: ValueType, axes: tuple[str, ...]) -> ValueType:
    return ValueType(REAL)


OP = Along(
    name="cumlogsumexp",
    doc="log of the sum of exponentials up to and including each element.",
    latex=r"\operatorname{{cumlogsumexp}}_{{{axes}}}({0})",
    torch="torch.logcumsumexp({x}, dim={dim})",
    reference=lambda np, x, axis: np.logaddexp.accumulate(x, axis=axis[0]),
    rule=rule,
    neutral=float("-inf"),
)
