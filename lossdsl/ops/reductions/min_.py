"""The smallest valid element; ties share the gradient."""

from __future__ import annotations

from lossdsl.ops.op import Reduction
from lossdsl.ops.rules import kept

HELPER = """
def amin(x, dim):
    # torch has no smallest element of nothing; what is reduced is then 0 and counts nowhere.
    return torch.amin(x, dim=dim) if x.numel() else torch.sum(x, dim=dim)
"""

OP = Reduction(
    name="min",
    doc="The smallest valid element; ties share the gradient.",
    latex=r"\min_{{{axes}}} {0}",
    torch="amin({x}, {dim})",
    helper=HELPER,
    reference=lambda np, x, axis: np.min(x, axis=axis),
    rule=kept,
    neutral=float("inf"),
    empty="invalid",
)
