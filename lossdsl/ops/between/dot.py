"""Contraction: the sum over the named axes of the product of the operands."""

from __future__ import annotations

from lossdsl.ops.op import Special

OP = Special(
    name="dot",
    doc="The sum over axes of the product of the operands.",
    latex=r"\langle {0} \rangle_{{{axes}}}",
    torch="torch.einsum({equation}, {args})",
    reference=lambda np, equation, *xs: np.einsum(equation, *xs, optimize=True),
    form="contraction",
)
