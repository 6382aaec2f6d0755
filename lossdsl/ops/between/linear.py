"""A linear head: contracts the axis that x and the weight share; logits over the weight's own axis."""

from __future__ import annotations

from lossdsl.ops.op import Special

OP = Special(
    name="linear",
    doc="The logits x W^T + b over the axis that only the weight has.",
    latex=r"{0} {1}^\top",
    torch="torch.einsum({equation}, {args})",
    reference=lambda np, equation, *xs: np.einsum(equation, *xs, optimize=True),
    form="linear",
)
