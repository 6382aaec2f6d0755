"""The product of a weight and a value that may be infinite, with 0 * inf = 0 in value and gradient."""

from __future__ import annotations

from lossdsl.ops.op import Elementwise, Types
from lossdsl.ops.rules import product_range
from lossdsl.types.kind import REAL
from lossdsl.types.value import ValueType

HELPER = """
def mul0(weight, value):
    # Written as a comparison because torch.compile leaves loops with isfinite unvectorised on the CPU.
    return weight * torch.where((weight == 0) & ~(torch.abs(value) < torch.inf), 0.0, value)
"""


def rule(types: Types) -> ValueType:
    x, y = types
    low, high = product_range(x, y)
    return ValueType(REAL, low=low, high=high)


OP = Elementwise(
    name="mul0",
    doc="The product of a weight and a value that may be infinite, with 0 * inf = 0 in value and gradient.",
    latex=r"{0} \, {1}",
    torch="mul0({0}, {1})",
    reference=lambda np, x, y: np.where(x == 0, 0.0, x * np.where((x == 0) & ~np.isfinite(y), 0.0, y)),
    helper=HELPER,
    arity=2,
    rule=rule,
    domain=((-3.0, 3.0), (-3.0, 3.0)),
)
