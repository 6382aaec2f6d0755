"""log of a probability: -inf with gradient 0 at 0, so that 0 * log 0 has no NaN in its gradient."""

from __future__ import annotations

from lossdsl.ops.op import Elementwise, Types
from lossdsl.ops.rules import log_kind
from lossdsl.types.value import ValueType

HELPER = """
def log0(p):
    positive = p > 0
    logarithm = torch.log(torch.where(positive, p, 1.0))
    return torch.where(positive, logarithm, torch.where(p == 0, -torch.inf, torch.nan))
"""


def rule(types: Types) -> ValueType:
    return log_kind(types[0])


OP = Elementwise(
    name="log0",
    doc="The natural logarithm of a probability.",
    latex=r"\log {0}",
    torch="log0({0})",
    reference=lambda np, x: np.log(x),
    helper=HELPER,
    arity=1,
    rule=rule,
    fill=(1.0,),
    domain=((0.05, 1.0),),
)
