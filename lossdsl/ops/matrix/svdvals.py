"""The singular values of a matrix in descending order; the gradient is U diag(g) V'.

The result has min(i, j) elements, along the first axis in brackets.
"""

from __future__ import annotations

from lossdsl.ops.op import Batched
from lossdsl.types.kind import REAL
from lossdsl.types.value import ValueType


def rule(x: ValueType) -> ValueType:
    return ValueType(REAL, low=0.0)


HELPER = """
def svdvals(m, valid):
    if valid is not None:
        m = torch.where(valid, m, 0.0)
    values = torch.linalg.svdvals(m)
    # Where a singular value is 0 up to rounding, U and V are arbitrary, and 0 is a subgradient of it.
    noise = max(m.shape[-2:]) * torch.finfo(m.dtype).eps * values.detach().amax(dim=-1, keepdim=True)
    return torch.where(values > noise, values, values.detach())
"""

OP = Batched(
    name="svdvals",
    doc="The singular values of a matrix in descending order; invalid elements count as 0.",
    latex=r"\sigma_{{{axes}}}({0})",
    torch="svdvals({0}, {valid})",
    reference=lambda np, m: np.linalg.svd(m, compute_uv=False),
    helper=HELPER,
    signature="(i,j)->(i)",
    rule=rule,
    validity="first",
    square=False,
)
