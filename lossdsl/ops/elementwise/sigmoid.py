"""1/(1 + exp(-x)): log-odds to a probability."""

from __future__ import annotations

from lossdsl.ops.op import Elementwise, Types
from lossdsl.types.kind import PROB
from lossdsl.types.value import ValueType


def rule(types: Types) -> ValueType:
    return ValueType(PROB, low=0.0, high=1.0)


OP = Elementwise(
    name="sigmoid",
    doc="1/(1 + exp(-x)).",
    latex=r"\sigma({0})",
    torch="torch.sigmoid({0})",
    reference=lambda np, x: np.exp(-np.logaddexp(0.0, -x)),
    arity=1,
    rule=rule,
    domain=((-4.0, 4.0),),
)
