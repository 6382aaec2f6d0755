"""exp(x) over its sum along axes: logits to probabilities."""

from __future__ import annotations

from typing import Any

from lossdsl.ops.op import Along
from lossdsl.types.kind import PROBS
from lossdsl.types.value import ValueType


def rule(x: ValueType, axes: tuple[str, ...]) -> ValueType:
    return ValueType(PROBS, event=axes, low=0.0, high=1.0)


def softmax(np: Any, x: Any, axis: tuple[int, ...]) -> Any:
    weight = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return weight / np.sum(weight, axis=axis, keepdims=True)


HELPER = """
def softmax_over(x, dims):
    return torch.exp(x - torch.logsumexp(x, dim=dims, keepdim=True))
"""

OP = Along(
    name="softmax",
    doc="The softmax over the valid elements.",
    latex=r"\operatorname{{softmax}}_{{{axes}}}({0})",
    torch="torch.softmax({x}, dim={dim})",
    many="softmax_over({x}, {dim})",
    helper=HELPER,
    reference=softmax,
    rule=rule,
    neutral=float("-inf"),
)
