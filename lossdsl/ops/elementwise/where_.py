"""`where(c, a, b)`: a where the mask c holds, b elsewhere."""

from __future__ import annotations

from lossdsl.ops.op import Elementwise, Types
from lossdsl.types.kind import REAL
from lossdsl.types.value import ValueType


def rule(types: Types) -> ValueType:
    _, a, b = types
    low, high = min(a.low, b.low), max(a.high, b.high)
    if a.kind == b.kind and a.event == b.event and not a.is_distribution:
        return ValueType(a.kind, of=a.of if a.of == b.of else None, low=low, high=high)
    return ValueType(REAL, low=low, high=high)


OP = Elementwise(
    name="where",
    doc="a where the mask c holds, b elsewhere.",
    latex=r"\begin{{cases}}{1} & {0}\\{2} & \text{{else}}\end{{cases}}",
    torch="torch.where({0}, {1}, {2})",
    reference=lambda np, c, a, b: np.where(c, a, b),
    arity=3,
    rule=rule,
    domain=((-3.0, 3.0), (-3.0, 3.0), (-3.0, 3.0)),
)
