"""An index as probabilities: 1 at its position along the axis that it indexes, 0 elsewhere."""

from __future__ import annotations

from lossdsl.ops.op import Special

OP = Special(
    name="one_hot",
    doc="1 at the position that an index names, 0 elsewhere; built from a comparison with the positions.",
    latex=r"\mathbf{{1}}[{0} = {axes}]",
    torch="{0} == {1}",
    reference=lambda np, y, positions: (y[..., None] == positions).astype(float),
    form="comparison",
    differentiable=False,
)
