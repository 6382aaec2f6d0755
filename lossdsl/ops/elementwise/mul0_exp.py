"""`mul0` for a weight that is an exponential: where it is 0 its own slope is 0, so a plainer guard does."""

from __future__ import annotations

from lossdsl.ops.op import Elementwise, Types
from lossdsl.ops.rules import product_range
from lossdsl.types.kind import REAL
from lossdsl.types.value import ValueType

HELPER = """
def mul0_exp(weight, value):
    return weight * torch.where(weight == 0, 0.0, value)
"""


def rule(types: Types) -> ValueType:
    x, y = types
    low, high = product_range(x, y)
    return ValueType(REAL, low=low, high=high)


OP = Elementwise(
    name="mul0_exp",
    doc="The product of an exponential and a value that may be infinite, with 0 * inf = 0.",
    latex=r"{0} \, {1}",
    torch="mul0_exp({0}, {1})",
    reference=lambda np, x, y: np.where(x == 0, 0.0, x * np.where(x == 0, 0.0, y)),
    helper=HELPER,
    arity=2,
    rule=rule,
    domain=((0.1, 3.0), (-3.0, 3.0)),
)
