"""x with a x = b: `a` has the axes i and i', `b` the axis i, and x the axis i' that the product contracts."""

from __future__ import annotations

from typing import Any

from lossdsl.ops.op import Batched
from lossdsl.types.kind import REAL
from lossdsl.types.value import ValueType


def rule(x: ValueType) -> ValueType:
    return ValueType(REAL)


HELPER = """
def solve(a, b, valid):
    # b is [batch, i, columns]; one factorisation serves all columns.
    batch = a.ndim - 2
    x = torch.linalg.solve(without_invalid(a, valid, 1.0), b.unsqueeze(-1).flatten(batch + 1))
    x = x.unflatten(-1, (*b.shape[batch + 1 :], 1)).squeeze(-1)
    if valid is None:
        return x
    held = torch.diagonal(valid, dim1=-2, dim2=-1)
    return torch.where(held.reshape(*held.shape, *[1] * (x.ndim - held.ndim)), x, 0.0)
"""


def solve(np: Any, a: Any, b: Any) -> Any:
    """b is [batch, i, columns]."""
    batch = a.ndim - 2
    x = np.linalg.solve(a, b.reshape(*b.shape[: batch + 1], -1))
    return x.reshape(*x.shape[: batch + 1], *b.shape[batch + 1 :])


OP = Batched(
    name="solve",
    doc="x with a x = b; rows and columns of a whose diagonal element is invalid are left out.",
    latex=r"{0}^{{-1}} {1}",
    torch="solve({0}, {1}, {valid})",
    reference=solve,
    helper=HELPER,
    uses=("without_invalid",),
    signature="(i,j),(i)->(j)",
    rule=rule,
    columns=True,
)
