"""The sum of the valid diagonal elements."""

from __future__ import annotations

from lossdsl.ops.op import Special

OP = Special(
    name="trace",
    doc="The sum of the valid diagonal elements.",
    latex=r"\operatorname{{tr}}_{{{axes}}}({0})",
    torch="torch.diagonal({0}, dim1=-2, dim2=-1).sum(dim=-1)",
    reference=lambda np, m: np.trace(m, axis1=-2, axis2=-1),
    form="matrix",
)
