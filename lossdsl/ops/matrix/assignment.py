"""The one-to-one assignment of least total cost, as an index of the second axis.

Invalid and infinite costs are forbidden pairs. Where the first axis is longer, or too much is forbidden, as
many of its elements are assigned as can be, and the others are invalid.
"""

from __future__ import annotations

from itertools import permutations
from typing import Any

from lossdsl.ops.op import Batched
from lossdsl.types.kind import INDEX
from lossdsl.types.value import ValueType


def rule(x: ValueType) -> ValueType:
    return ValueType(INDEX, fixed=True, low=0.0)


# Shortest augmenting paths with potentials (the Hungarian method in O(n^2 (n + m))). Every row finds a column,
# because there are as many further columns, which stand for no partner and cost more than any assignment.
HELPER = """
@torch.library.custom_op("lossdsl::assignment", mutates_args=())
def optimal_assignment(cost: torch.Tensor) -> torch.Tensor:
    import numpy

    n, m = cost.shape[-2:]
    found = []
    for c in cost.detach().double().cpu().reshape(-1, n, m).numpy():
        allowed = numpy.isfinite(c)
        c = numpy.where(allowed, c, 0.0)
        # Forbidden pairs cost more than no pair at all, and no pair more than every allowed assignment.
        high = 1.0 + 2.0 * (n + 1) * (numpy.abs(c).max() if c.size else 0.0)
        c = numpy.concatenate([numpy.where(allowed, c, 2.0 * high), numpy.full((n, n), high)], axis=1)
        u, v = numpy.zeros(n), numpy.zeros(m + n)
        row_of = numpy.full(m + n, -1)
        for start in range(n):
            distance, before = numpy.full(m + n, numpy.inf), numpy.full(m + n, -1)
            done = numpy.zeros(m + n, dtype=bool)
            least, row, column = 0.0, start, -1
            while row >= 0:
                slack = least + c[row] - u[row] - v
                closer = ~done & (slack < distance)
                distance[closer], before[closer] = slack[closer], column
                column = int(numpy.where(done, numpy.inf, distance).argmin())
                least, row = distance[column], row_of[column]
                done[column] = True
            reached = done & (row_of >= 0)
            u[row_of[reached]] += least - distance[reached]
            u[start] += least
            v[done] -= least - distance[done]
            while column >= 0:
                row_of[column] = row_of[before[column]] if before[column] >= 0 else start
                column = before[column]
        index = numpy.full(n, -1)
        for column in range(m):
            if row_of[column] >= 0:
                index[row_of[column]] = column
        found.append(torch.from_numpy(index))
    result = torch.stack(found) if found else torch.empty(0)
    return result.reshape(cost.shape[:-1]).to(device=cost.device, dtype=torch.long)


@optimal_assignment.register_fake
def _(cost):
    return cost.new_empty(cost.shape[:-1], dtype=torch.long)


def assignment(cost, valid):
    cost = cost.detach()
    return optimal_assignment(cost if valid is None else torch.where(valid, cost, torch.inf))
"""


def assignment(np: Any, cost: Any) -> Any:
    """By trying them all."""
    n, m = cost.shape[-2:]
    rows = np.arange(n)
    result = []
    for c in cost.reshape(-1, n, m):
        result.append(min(permutations(range(m), n), key=lambda p: c[rows, list(p)].sum()))  # noqa: B023
    return np.array(result, dtype=int).reshape(cost.shape[:-1])


OP = Batched(
    name="assignment",
    doc="The one-to-one assignment of least total cost, as an index of the second axis.",
    latex=r"\operatorname{{assign}}_{{{axes}}}({0})",
    torch="assignment({0}, {valid})",
    reference=assignment,
    helper=HELPER,
    signature="(i,j)->(i)",
    rule=rule,
    square=False,
    result="int",
    differentiable=False,
)
