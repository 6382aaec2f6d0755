"""Whether an element is among the k largest valid ones; ties go to the lowest position."""

from __future__ import annotations

from typing import Any

from lossdsl.ops.op import Along
from lossdsl.ops.rules import flattened
from lossdsl.types.kind import MASK
from lossdsl.types.value import ValueType


def rule(x: ValueType, axes: tuple[str, ...]) -> ValueType:
    return ValueType(MASK, fixed=True, low=0.0, high=1.0)


HELPER = """
def is_top(x, k, valid, dims):
    # torch.topk leaves the choice among ties open.
    rows = rows_last(x, dims)
    held = None if valid is None else rows_last(valid.expand(x.shape), dims)
    order = ascending(-rows, held)
    top = torch.zeros_like(order, dtype=torch.bool).scatter(-1, order, positions(order) < k)
    return rows_back(top if held is None else top & held, x, dims)
"""


def is_top(np: Any, x: Any, axis: tuple[int, ...], k: int) -> Any:
    rows, back = flattened(np, x, axis)
    return back(np.argsort(np.argsort(-rows, axis=-1, kind="stable"), axis=-1) < k)


OP = Along(
    name="is_top",
    doc="Whether an element is among the k largest valid ones; ties go to the lowest position.",
    latex=r"\operatorname{{top}}^{{{k}}}_{{{axes}}}({0})",
    torch="is_top({x}, {k}, {valid}, {dim})",
    reference=is_top,
    helper=HELPER,
    uses=("rows_last", "rows_back", "ascending", "positions"),
    rule=rule,
    neutral=0.0,
    masked=True,
    result="bool",
    integers=("k",),
    differentiable=False,
)
