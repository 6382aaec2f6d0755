"""log of the determinant: -inf for a singular matrix, NaN for a negative determinant."""

from __future__ import annotations

from typing import Any

from lossdsl.ops.op import Batched
from lossdsl.types.kind import REAL
from lossdsl.types.value import ValueType


def rule(x: ValueType) -> ValueType:
    return ValueType(REAL)


def logdet(np: Any, m: Any) -> Any:
    sign, value = np.linalg.slogdet(m)
    return np.where(sign < 0, np.nan, value)


HELPER = """
def logdet(m, valid):
    return torch.logdet(without_invalid(m, valid, 1.0))
"""

OP = Batched(
    name="logdet",
    doc="log of the determinant; rows and columns whose diagonal element is invalid are left out.",
    latex=r"\log\det_{{{axes}}}({0})",
    torch="logdet({0}, {valid})",
    reference=logdet,
    helper=HELPER,
    uses=("without_invalid",),
    signature="(i,j)->()",
    rule=rule,
)
