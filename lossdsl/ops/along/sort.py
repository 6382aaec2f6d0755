"""The valid elements in ascending order, by their own values or by another value; invalid ones are last."""

from __future__ import annotations

from typing import Any

from lossdsl.ops.op import Along
from lossdsl.ops.rules import flattened, reordered

HELPER = """
def sort(x, by, valid, dims):
    if by is not None:
        x, by = torch.broadcast_tensors(x, by)
    rows = rows_last(x, dims)
    keys = rows if by is None else rows_last(by, dims)
    held = None if valid is None else rows_last(valid.expand(x.shape), dims)
    y = torch.gather(rows, -1, ascending(keys, held))
    if held is not None:
        y = torch.where(positions(y) < held.sum(dim=-1, keepdim=True), y, torch.zeros_like(y))
    return rows_back(y, x, dims)
"""


def sort(np: Any, x: Any, axis: tuple[int, ...], by: Any = None) -> Any:
    x, by = np.broadcast_arrays(x, x if by is None else by)
    rows, back = flattened(np, x, axis)
    keys, _ = flattened(np, by, axis)
    return back(np.take_along_axis(rows, np.argsort(keys, axis=-1, kind="stable"), axis=-1))


OP = Along(
    name="sort",
    doc="The valid elements in ascending order, ties by the lowest position; `by` gives another order.",
    latex=r"\operatorname{{sort}}_{{{axes}}}({0})",
    torch="sort({x}, {by}, {valid}, {dim})",
    reference=sort,
    helper=HELPER,
    uses=("rows_last", "rows_back", "ascending", "positions"),
    rule=reordered,
    neutral=0.0,
    masked=True,
    validity="first",
    operands="any",
    values=("by",),
)
