"""`logsumexp` of what may be minus infinity throughout: then it is minus infinity too, with gradient 0."""

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


HELPER = """
def logsumexp0(x, dim):
    top = torch.amax(x, dim=dim, keepdim=True).detach()
    top = torch.where(torch.abs(top) < torch.inf, top, 0.0)
    total = torch.sum(torch.exp(x - top), dim=dim, keepdim=True)
    positive = total > 0
    log = torch.where(positive, torch.log(torch.where(positive, total, 1.0)), -torch.inf)
    return torch.sum(log + top, dim=dim)
"""

OP = Reduction(
    name="logsumexp0",
    doc="log of the sum of exponentials of the valid elements, which may all be minus infinity.",
    latex=r"\operatorname{{logsumexp}}_{{{axes}}} {0}",
    torch="logsumexp0({x}, {dim})",
    helper=HELPER,
    reference=logsumexp,
    rule=rule,
    neutral=float("-inf"),
    empty="invalid",
)
