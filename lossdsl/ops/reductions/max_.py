"""The largest valid element; ties share the gradient."""

from __future__ import annotations

from lossdsl.ops.op import Reduction
from lossdsl.ops.rules import kept

HELPER = """
def amax(x, dim):
    # torch has no largest element of nothing; what is reduced is then 0 and counts nowhere.
    return torch.amax(x, dim=dim) if x.numel() else torch.sum(x, dim=dim)
"""

OP = Reduction(
    name="max",
    doc="The largest valid element; ties share the gradient.",
    latex=r"\max_{{{axes}}} {0}",
    torch="amax({x}, {dim})",
    helper=HELPER,
    reference=lambda np, x, axis: np.max(x, axis=axis),
    rule=kept,
    neutral=float("-inf"),
    empty="invalid",
)
