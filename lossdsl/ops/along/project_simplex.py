"""The nearest point of the probability simplex, in the 2-norm, to the valid elements."""

from __future__ import annotations

from typing import Any

from lossdsl.ops.op import Along
from lossdsl.ops.rules import flattened
from lossdsl.types.kind import PROBS
from lossdsl.types.value import ValueType


def rule(x: ValueType, axes: tuple[str, ...]) -> ValueType:
    return ValueType(PROBS, event=axes, low=0.0, high=1.0)


HELPER = """
def project_simplex(x, valid, dims):
    # The projection is x - t on its support and 0 elsewhere; once the support is known t is a mean over it.
    rows = rows_last(x, dims)
    held = None if valid is None else rows_last(valid.expand(x.shape), dims)
    fixed = rows.detach() if held is None else torch.where(held, rows.detach(), -torch.inf)
    falling = torch.sort(fixed, dim=-1, descending=True).values
    levels = (torch.cumsum(falling, dim=-1) - 1) / (positions(falling) + 1)
    size = (falling > levels).sum(dim=-1, keepdim=True).clamp(min=1)
    support = fixed > torch.gather(levels, -1, size - 1)
    within = torch.where(support, rows, 0.0)
    level = (within.sum(dim=-1, keepdim=True) - 1) / support.sum(dim=-1, keepdim=True).clamp(min=1)
    return rows_back(torch.where(support, rows - level, 0.0), x, dims)
"""


def project_simplex(np: Any, x: Any, axis: tuple[int, ...]) -> Any:
    """By bisection for the level t at which max(x - t, 0) sums to 1."""
    rows, back = flattened(np, x, axis)
    high = rows.max(axis=-1, keepdims=True)
    low = high - 1.0
    for _ in range(80):
        middle = (low + high) / 2
        over = np.maximum(rows - middle, 0).sum(axis=-1, keepdims=True) > 1
        low, high = np.where(over, middle, low), np.where(over, high, middle)
    return back(np.maximum(rows - high, 0))


OP = Along(
    name="project_simplex",
    doc="The nearest point of the probability simplex, in the 2-norm, to the valid elements.",
    latex=r"\Pi_{{\Delta_{{{axes}}}}}({0})",
    torch="project_simplex({x}, {valid}, {dim})",
    reference=project_simplex,
    helper=HELPER,
    uses=("rows_last", "rows_back", "positions"),
    rule=rule,
    neutral=0.0,
    masked=True,
)
