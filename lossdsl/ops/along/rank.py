"""How many valid elements come before each one in ascending order: 0 to n-1, ties by the lowest position."""

from __future__ import annotations

from typing import Any

from lossdsl.ops.op import Along
from lossdsl.ops.rules import flattened
from lossdsl.types.kind import REAL
from lossdsl.types.value import ValueType


def rule(x: ValueType, axes: tuple[str, ...]) -> ValueType:
    return ValueType(REAL, fixed=True, low=0.0)


HELPER = """
def rank(x, valid, dims):
    rows = rows_last(x, dims)
    held = None if valid is None else rows_last(valid.expand(x.shape), dims)
    order = ascending(rows, held)
    place = torch.zeros_like(order).scatter(-1, order, positions(order))
    if held is not None:
        place = torch.where(held, place, 0)
    return rows_back(place, x, dims)
"""


def rank(np: Any, x: Any, axis: tuple[int, ...]) -> Any:
    rows, back = flattened(np, x, axis)
    # The inverse of a permutation is what sorts it.
    return back(np.argsort(np.argsort(rows, axis=-1, kind="stable"), axis=-1).astype(float))


OP = Along(
    name="rank",
    doc="How many valid elements come before each one in ascending order, ties by the lowest position.",
    latex=r"\operatorname{{rank}}_{{{axes}}}({0})",
    torch="rank({x}, {valid}, {dim}).to(dtype)",
    reference=rank,
    helper=HELPER,
    uses=("rows_last", "rows_back", "ascending", "positions"),
    rule=rule,
    neutral=0.0,
    masked=True,
    differentiable=False,
)
