"""The largest valid element; ties share the gradient."""

from __future__ import annotations

from lossdsl.ops.op import Reduction
from lossdsl.ops.rules import kept

OP = Reduction(
    name="max",
    doc="The largest valid element; ties share the gradient.",
    latex=r"\max_{{{axes}}} {0}",
    torch="torch.amax({x}, dim={dim})",
    reference=lambda np, x, axis: np.max(x, axis=axis),
    rule=kept,
    neutral=float("-inf"),
    empty="invalid",
)
