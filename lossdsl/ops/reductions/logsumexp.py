"""log of the sum of exponentials of the valid elements."""

from __future__ import annotations

from typing import Any

from lossdsl.ops.op import Reduction
from lossdsl.types.kind import REAL
from lossdsl.types.value import ValueType


def rule(x: ValueType, axes: tuple[str, ...]) -> ValueType:
    return ValueType(REAL)


def logsumexp(np: Any, x: Any, axis: tuple[int, ...]) -> Any:
    top = np.max(x, axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0.0)
    with np.errstate(divide="ignore"):
        return np.squeeze(top, axis) + np.log(np.sum(np.exp(x - top), axis=axis))


OP = Reduction(
    name="logsumexp",
    doc="log of the sum of exponentials of the valid elements.",
    latex=r"\operatorname{{logsumexp}}_{{{axes}}} {0}",
    torch="torch.logsumexp({x}, dim={dim})",
    reference=logsumexp,
    rule=rule,
    neutral=float("-inf"),
    empty="invalid",
)
