"""x kept between a lower and an upper bound; gradient 1 on the bounds."""

from __future__ import annotations

from lossdsl.ops.op import Elementwise, Types
from lossdsl.types.kind import REAL
from lossdsl.types.value import INF, ValueType


def rule(types: Types) -> ValueType:
    x, low, high = types
    return ValueType(REAL, low=min(max(x.low, low.low), high.high), high=max(min(x.high, high.high), low.low))


HELPER = """
def clamp(x, low, high):
    # Bounds may be tensors that need a gradient; where x is on a bound the gradient goes to x.
    return torch.where(x < low, low, torch.where(x > high, high, x))
"""

OP = Elementwise(
    name="clamp",
    doc="x kept between a lower and an upper bound.",
    latex=r"\operatorname{{clamp}}({0}, {1}, {2})",
    torch="clamp({0}, {1}, {2})",
    reference=lambda np, x, low, high: np.where(x < low, low, np.where(x > high, high, x)),
    helper=HELPER,
    arity=3,
    rule=rule,
    domain=((-3.0, 3.0), (-1.0, -0.5), (0.5, 1.0)),
    keywords=("x", "min", "max"),
    defaults=(None, -INF, INF),
)
