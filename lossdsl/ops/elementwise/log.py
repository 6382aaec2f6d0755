"""The natural logarithm; of probabilities, log-probabilities with gradient 0 where they are 0."""

from __future__ import annotations

from lossdsl.ops.op import Elementwise, Types
from lossdsl.ops.rules import log_kind
from lossdsl.types.value import ValueType


def rule(types: Types) -> ValueType:
    """log of probs is logprobs."""
    return log_kind(types[0])


OP = Elementwise(
    name="log",
    doc="The natural logarithm.",
    latex=r"\log {0}",
    torch="torch.log({0})",
    reference=lambda np, x: np.log(x),
    arity=1,
    rule=rule,
    fill=(1.0,),
    domain=((0.05, 3.0),),
)
