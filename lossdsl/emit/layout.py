"""Named axes to positions: how an operand is permuted and given new dimensions to line up with a result."""

from __future__ import annotations

import math
from collections.abc import Sequence

from lossdsl.ir.node import BOOL, INT, Node


def literal(node: Node, dtype: str) -> str:
    """A constant as Python source, in the type of the operands it meets."""
    value = node.attr("value")
    if dtype == BOOL or isinstance(value, bool):
        return repr(bool(value))
    if math.isinf(value):
        return "torch.inf" if value > 0 else "-torch.inf"
    if dtype == INT and value == int(value):
        return repr(int(value))
    return repr(float(value))


def permuted(text: str, have: Sequence[str], want: Sequence[str]) -> str:
    """The expression with its axes in the order of `want`, which has the same names."""
    if tuple(have) == tuple(want):
        return text
    order = ", ".join(str(list(have).index(n)) for n in want)
    return f"{text}.permute({order})"


def aligned(text: str, have: Sequence[str], want: Sequence[str]) -> str:
    """The expression with its axes in the order of `want` and size 1 where it lacks one."""
    if not have:
        return text
    text = permuted(text, have, [n for n in want if n in have])
    first = next(i for i, n in enumerate(want) if n in have)
    index = [":" if n in have else "None" for n in want[first:]]
    if "None" not in index:
        return text
    return f"{text}[{', '.join(index)}]"


def dims(node: Node, axes: Sequence[str]) -> tuple[int, ...]:
    return tuple(node.names.index(n) for n in axes)


def written(positions: tuple[int, ...]) -> str:
    return str(positions[0]) if len(positions) == 1 else str(positions)
