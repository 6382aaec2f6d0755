"""The positions that put the valid elements in ascending order; those of invalid elements come last."""

from __future__ import annotations

from lossdsl.ops.op import Along
from lossdsl.types.kind import INDEX
from lossdsl.types.value import ValueType


def rule(x: ValueType, axes: tuple[str, ...]) -> ValueType:
    return ValueType(INDEX, of=axes[0].rstrip("'"), fixed=True, low=0.0)


HELPER = """
def argsort(x, valid, dim):
    rows = rows_last(x, dim)
    held = None if valid is None else rows_last(valid.expand(x.shape), dim)
    order = ascending(rows, held)
    if held is not None:
        order = torch.where(positions(order) < held.sum(dim=-1, keepdim=True), order, 0)
    return rows_back(order, x, dim)
"""

OP = Along(
    name="argsort",
    doc="The positions that put the valid elements in ascending order, ties by the lowest position.",
    latex=r"\operatorname{{argsort}}_{{{axes}}}({0})",
    torch="argsort({x}, {valid}, {dim})",
    reference=lambda np, x, axis: np.argsort(x, axis=axis[0], kind="stable"),
    helper=HELPER,
    uses=("rows_last", "rows_back", "ascending", "positions"),
    rule=rule,
    neutral=0.0,
    masked=True,
    validity="first",
    result="int",
    single=True,
    differentiable=False,
)
