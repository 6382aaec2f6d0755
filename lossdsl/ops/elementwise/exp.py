"""The exponential."""

from __future__ import annotations

import math

from lossdsl.ops.op import Elementwise, Types
from lossdsl.ops.rules import monotone
from lossdsl.types.kind import LOGPROBS, PROBS
from lossdsl.types.value import ValueType


def rule(types: Types) -> ValueType:
    """exp of logprobs is probs."""
    (x,) = types
    if x.kind == LOGPROBS:
        return ValueType(PROBS, event=x.event, low=0.0, high=1.0)
    return monotone(math.exp)(types)


OP = Elementwise(
    name="exp",
    doc="The exponential.",
    latex=r"\exp({0})",
    torch="torch.exp({0})",
    reference=lambda np, x: np.exp(x),
    arity=1,
    rule=rule,
    domain=((-3.0, 3.0),),
    fill=(0.0,),
)
