"""The q-quantile of the valid elements, interpolated linearly between the two nearest ones."""

from __future__ import annotations

from typing import Any

from lossdsl.ops.op import Along
from lossdsl.types.kind import REAL
from lossdsl.types.value import ValueType


def rule(x: ValueType, axes: tuple[str, ...]) -> ValueType:
    return ValueType(REAL, low=x.low, high=x.high)


HELPER = """
def quantile(x, q, valid, dims):
    rows = rows_last(x, dims)
    held = None if valid is None else rows_last(valid.expand(x.shape), dims)
    rows = torch.gather(rows, -1, ascending(rows, held))
    if held is None:
        last = torch.full_like(rows[..., :1], rows.shape[-1] - 1)
    else:
        last = (held.sum(dim=-1, keepdim=True) - 1).clamp(min=0).to(x.dtype)
    at = q * last
    below = torch.floor(at.detach())
    above = torch.minimum(below + 1, last)
    low, high = torch.gather(rows, -1, below.long()), torch.gather(rows, -1, above.long())
    return torch.lerp(low, high, at - below).squeeze(-1)
"""


def quantile(np: Any, x: Any, axis: tuple[int, ...], q: float) -> Any:
    return np.quantile(x, q, axis=axis)


OP = Along(
    name="quantile",
    doc="The q-quantile of the valid elements, interpolated linearly between the two nearest ones.",
    latex=r"\operatorname{{quantile}}_{{{axes}}}({0}, {q})",
    torch="quantile({x}, {q}, {valid}, {dim})",
    reference=quantile,
    helper=HELPER,
    uses=("rows_last", "ascending"),
    rule=rule,
    neutral=0.0,
    masked=True,
    validity="reduced",
    scalars=("q",),
)
