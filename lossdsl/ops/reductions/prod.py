"""The product of the valid elements."""

from __future__ import annotations

from lossdsl.ops.op import Reduction
from lossdsl.types.kind import REAL
from lossdsl.types.value import ValueType


def rule(x: ValueType, axes: tuple[str, ...]) -> ValueType:
    return ValueType(REAL)


HELPER = """
def prod(x, dims):
    for dim in sorted((dims,) if isinstance(dims, int) else dims, reverse=True):
        x = torch.prod(x, dim=dim)
    return x
"""

OP = Reduction(
    name="prod",
    doc="The product of the valid elements.",
    latex=r"\prod_{{{axes}}} {0}",
    torch="prod({x}, {dim})",
    reference=lambda np, x, axis: np.prod(x, axis=axis),
    helper=HELPER,
    rule=rule,
    neutral=1.0,
    empty="invalid",
)
