"""The angle of the point (y, x); gradient 0 at the origin."""

from __future__ import annotations

import math

from lossdsl.ops.op import Elementwise, Types
from lossdsl.types.kind import REAL
from lossdsl.types.value import ValueType

HELPER = """
def atan2(y, x):
    origin = (y == 0) & (x == 0)
    return torch.atan2(torch.where(origin, 0.0, y), torch.where(origin, 1.0, x))
"""


def rule(types: Types) -> ValueType:
    return ValueType(REAL, low=-math.pi, high=math.pi)


OP = Elementwise(
    name="atan2",
    doc="The angle of the point (y, x); gradient 0 at the origin.",
    latex=r"\operatorname{{atan2}}({0}, {1})",
    torch="atan2({0}, {1})",
    reference=lambda np, y, x: np.arctan2(y, x),
    helper=HELPER,
    arity=2,
    rule=rule,
    fill=(1.0, 1.0),
    domain=((0.2, 3.0), (0.2, 3.0)),
)
