"""The position of the smallest valid element, the lowest one among ties."""

from __future__ import annotations

from lossdsl.ops.op import Reduction
from lossdsl.types.kind import INDEX
from lossdsl.types.value import ValueType


def rule(x: ValueType, axes: tuple[str, ...]) -> ValueType:
    return ValueType(INDEX, of=axes[0].rstrip("'"), fixed=True, low=0.0)


HELPER = """
def argmin(x, dim):
    # torch leaves the choice among ties open.
    best = x == torch.amin(x, dim=dim, keepdim=True)
    return torch.argmax(best.to(torch.uint8), dim=dim)
"""

OP = Reduction(
    name="argmin",
    doc="The position of the smallest valid element, the lowest one among ties.",
    latex=r"\arg\min_{{{axes}}} {0}",
    torch="argmin({x}, {dim})",
    reference=lambda np, x, axis: np.argmin(x, axis=axis[0]),
    helper=HELPER,
    rule=rule,
    neutral=float("inf"),
    empty="invalid",
    result="int",
    single=True,
    differentiable=False,
)
