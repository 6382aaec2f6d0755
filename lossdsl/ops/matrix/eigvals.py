"""The eigenvalues of the symmetric part of a matrix in ascending order; the gradient is V diag(g) V'."""

from __future__ import annotations

from typing import Any

from lossdsl.ops.op import Batched
from lossdsl.types.kind import REAL
from lossdsl.types.value import ValueType


def rule(x: ValueType) -> ValueType:
    return ValueType(REAL)


HELPER = """
def eigvals(m, valid):
    m = (m + m.mT) / 2
    if valid is not None:
        # By Gershgorin's theorem what stands for invalid rows is larger than every eigenvalue of the others.
        valid = valid & valid.mT
        bound = torch.where(valid, m.detach(), 0.0).abs().sum(dim=-1, keepdim=True).amax(dim=-2) + 1
        m = without_invalid(m, valid, bound)
    values = torch.linalg.eigvalsh(m)
    if valid is not None:
        held = torch.diagonal(valid, dim1=-2, dim2=-1).sum(dim=-1, keepdim=True)
        values = torch.where(torch.arange(m.shape[-1], device=m.device) < held, values, 0.0)
    # An eigenvalue 0 may come out negative by rounding, where log and sqrt are not defined. It is set to 0 in
    # value; its gradient stays.
    noise = m.shape[-1] * torch.finfo(m.dtype).eps * values.detach().abs().amax(dim=-1, keepdim=True)
    below = (values < 0) & (values > -noise)
    return torch.where(below, values - values.detach(), values)
"""


def eigvals(np: Any, m: Any) -> Any:
    return np.linalg.eigvalsh((m + np.swapaxes(m, -1, -2)) / 2)


OP = Batched(
    name="eigvals",
    doc="The eigenvalues of the symmetric part in ascending order, without invalid rows and columns.",
    latex=r"\lambda_{{{axes}}}({0})",
    torch="eigvals({0}, {valid})",
    reference=eigvals,
    helper=HELPER,
    uses=("without_invalid",),
    signature="(i,j)->(i)",
    rule=rule,
    validity="first",
)
