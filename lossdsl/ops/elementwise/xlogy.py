"""x log y with 0 log 0 = 0, in value and gradient."""

from __future__ import annotations

from lossdsl.ops.op import Elementwise, Types
from lossdsl.ops.rules import log_kind, product_range
from lossdsl.types.kind import REAL
from lossdsl.types.value import ValueType

HELPER = """
def xlogy(x, y):
    return x * torch.log(torch.where((x == 0) & (y <= 0), 1.0, y))
"""


def rule(types: Types) -> ValueType:
    x, y = types
    low, high = product_range(x, log_kind(y))
    return ValueType(REAL, low=low, high=high)


OP = Elementwise(
    name="xlogy",
    doc="x log y with 0 log 0 = 0, in value and gradient.",
    latex=r"{0} \log {1}",
    torch="xlogy({0}, {1})",
    reference=lambda np, x, y: np.where(x == 0, 0.0, x * np.log(np.where((x == 0) & (y <= 0), 1.0, y))),
    helper=HELPER,
    arity=2,
    rule=rule,
    fill=(None, 1.0),
    domain=((0.1, 2.0), (0.1, 2.0)),
)
