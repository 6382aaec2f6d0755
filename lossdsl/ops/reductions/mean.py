"""The mean over the valid elements; 0 if there is none."""

from __future__ import annotations

from lossdsl.ops.op import Reduction
from lossdsl.ops.rules import kept

OP = Reduction(
    name="mean",
    doc="The mean over the valid elements; 0 if there is none.",
    latex=r"\operatorname{{mean}}_{{{axes}}} {0}",
    torch="torch.mean({x}, dim={dim})",
    reference=lambda np, x, axis: np.mean(x, axis=axis),
    rule=kept,
    neutral=0.0,
    empty="zero",
)
