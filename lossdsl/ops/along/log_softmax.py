"""x minus its logsumexp along axes: logits to log-probabilities."""

from __future__ import annotations

from typing import Any

from lossdsl.ops.op import Along
from lossdsl.types.kind import LOGPROBS
from lossdsl.types.value import ValueType


def rule(x: ValueType, axes: tuple[str, ...]) -> ValueType:
    return ValueType(LOGPROBS, event=axes, high=0.0)


def log_softmax(np: Any, x: Any, axis: tuple[int, ...]) -> Any:
    shifted = x - np.max(x, axis=axis, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True))


HELPER = """
def log_softmax_over(x, dims):
    return x - torch.logsumexp(x, dim=dims, keepdim=True)
"""

OP = Along(
    name="log_softmax",
    doc="The log-softmax over the valid elements.",
    latex=r"\log\operatorname{{softmax}}_{{{axes}}}({0})",
    torch="torch.log_softmax({x}, dim={dim})",
    many="log_softmax_over({x}, {dim})",
    helper=HELPER,
    reference=log_softmax,
    rule=rule,
    neutral=float("-inf"),
)
