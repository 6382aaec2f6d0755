"""The smallest valid element; ties share the gradient."""

from __future__ import annotations

from lossdsl.ops.op import Reduction
from lossdsl.ops.rules import kept

OP = Reduction(
    name="min",
    doc="The smallest valid element; ties share the gradient.",
    latex=r"\min_{{{axes}}} {0}",
    torch="torch.amin({x}, dim={dim})",
    reference=lambda np, x, axis: np.min(x, axis=axis),
    rule=kept,
    neutral=float("inf"),
    empty="invalid",
)
