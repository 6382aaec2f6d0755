"""x to the power y."""

from __future__ import annotations

from lossdsl.ops.op import Elementwise, Types
from lossdsl.types.kind import REAL
from lossdsl.types.value import INF, ValueType


def rule(types: Types) -> ValueType:
    x, y = types
    even = y.low == y.high and y.low % 2 == 0
    if even or x.low >= 0:
        unit = x.high <= 1 and y.low >= 0
        return ValueType(REAL, low=0.0, high=1.0 if unit else INF)
    return ValueType(REAL)


OP = Elementwise(
    name="pow",
    doc="x to the power y.",
    latex=r"{{{0}}}^{{{1}}}",
    torch="torch.pow({0}, {1})",
    reference=lambda np, x, y: np.power(x, y),
    symbol="^",
    arity=2,
    rule=rule,
    fill=(1.0, 1.0),
    domain=((0.2, 3.0), (-2.0, 2.0)),
)
