"""The inverse of a matrix: `dot[i'](m, inv[i,i'](m)[i', i''])` is the identity."""

from __future__ import annotations

from lossdsl.ops.op import Batched
from lossdsl.types.kind import REAL
from lossdsl.types.value import ValueType


def rule(x: ValueType) -> ValueType:
    return ValueType(REAL)


HELPER = """
def inv(m, valid):
    y = torch.linalg.inv(without_invalid(m, valid, 1.0))
    if valid is None:
        return y
    held = torch.diagonal(valid, dim1=-2, dim2=-1)
    return torch.where(held.unsqueeze(-1) & held.unsqueeze(-2), y, 0.0)
"""

OP = Batched(
    name="inv",
    doc="The inverse of a matrix; rows and columns whose diagonal element is invalid are left out.",
    latex=r"{0}^{{-1}}",
    torch="inv({0}, {valid})",
    reference=lambda np, m: np.linalg.inv(m),
    helper=HELPER,
    uses=("without_invalid",),
    signature="(i,j)->(i,j)",
    rule=rule,
)
