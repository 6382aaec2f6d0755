"""Elementwise primitives: operands broadcast by axis name, an element is valid where all operands are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from lossdsl.check.array import Array, Mask, full, spread, union
from lossdsl.check.rounding import whole
from lossdsl.ops.op import Elementwise

if TYPE_CHECKING:
    from lossdsl.check.reference import Evaluation
    from lossdsl.elaborate.typed import Typed

ARITHMETIC = {"add", "sub", "mul", "div", "square", "sqrt"}  # correctly rounded, so exact on whole numbers
EXACT = {"neg", "abs", "relu", "sign", "floor", "round", "maximum", "minimum", "clamp", "where"}


def apply(run: Evaluation, op: Elementwise, node: Typed, args: Sequence[Array]) -> Array:
    axes, sizes = union(args)
    operands = [full(a, axes, sizes) for a in args]
    if op.operands == "float":
        first = 1 if op.name == "where" else 0
        alike = op.name == "where" and operands[1].dtype == operands[2].dtype != object
        operands = [*operands[:first], *(x if alike else run.numbers(x) for x in operands[first:])]
    values = np.asarray(meaning(run, op, node, operands))
    if op.result == "bool":
        values = values.astype(bool)
    note_kink(run, op, node, operands)
    masks = [m for a in args for m in a.masks] if op.name != "where" else chosen(run, node, args)
    return run.finished(node, axes, values, masks, None if op.name in EXACT else error(op, operands, values))


def meaning(run: Evaluation, op: Elementwise, node: Typed, operands: Sequence[Any]) -> Any:
    if op.name == "mul":
        return product(run, node, operands)
    if run.extended and op.name in ("div", "recip"):  # a division by zero must not raise
        return run.xp.divide(*operands) if op.name == "div" else run.xp.divide(1.0, operands[0])
    return op.reference(run.xp, *operands)


def product(run: Evaluation, node: Typed, operands: Sequence[Any]) -> Any:
    """x y, with 0 * log 0 = 0."""
    x, y = operands
    logs = [a.id in run.logarithmic for a in node.args]
    nothing = (logs[1] & (x == 0) & ~run.xp.isfinite(y)) | (logs[0] & (y == 0) & ~run.xp.isfinite(x))
    return np.where(nothing, 0.0, x * y) if np.any(nothing) else x * y


def error(op: Elementwise, operands: Sequence[Any], values: Any) -> Any:
    """The rounding error in units of roundoff. Where a function has zeros inside, it is good to an absolute error."""
    if values.dtype.kind not in "fO":
        return None
    size = np.abs(values)
    if op.name in ("lgamma", "digamma", "sin", "cos"):
        size = size + 1.0
    exact = whole(*operands, values) if op.name in ARITHMETIC else False
    return np.where(np.asarray(size < np.inf, dtype=bool) & ~np.asarray(exact), size, 0.0)


def chosen(run: Evaluation, node: Typed, args: Sequence[Array]) -> list[Mask]:
    """The masks of `where(c, a, b)`: an element is valid if the branch it comes from is."""
    condition, a, b = args
    masks = list(condition.masks)
    for mask in dict.fromkeys([*a.masks, *b.masks]):
        if mask in a.masks and mask in b.masks:
            masks.append(mask)
            continue
        key = ("chosen", node.id, run.path, mask)
        if key not in run.derived:
            axes = tuple(dict.fromkeys([*condition.axes, *mask.axes]))
            c = spread(condition.values, condition.axes, axes)
            unused = ~c if mask in a.masks else c
            run.derived[key] = Mask(axes, unused | spread(mask.holds, mask.axes, axes))
        masks.append(run.derived[key])
    return masks


def broadcast(run: Evaluation, node: Typed, args: Sequence[Array], function: Callable[..., Any]) -> Array:
    axes, sizes = union(args)
    values = function(*(full(a, axes, sizes) for a in args))
    return run.finished(node, axes, values, [m for a in args for m in a.masks])


SIDES: dict[str, Callable[..., Any]] = {
    "abs": lambda x: np.sign(x),
    "relu": lambda x: np.sign(x),
    "maximum": lambda x, y: np.sign(x - y),
    "minimum": lambda x, y: np.sign(x - y),
    "clamp": lambda x, low, high: np.sign(x - low) + 3 * np.sign(x - high),
    "atan2": lambda y, x: (x == 0) & (y == 0),
    "sqrt": lambda x: x == 0,
    "pow": lambda x, y: x == 0,
}


def note_kink(run: Evaluation, op: Elementwise, node: Typed, operands: Sequence[Any]) -> None:
    """Keep on which side of its kink each element is."""
    if run.trace is not None and op.name in SIDES:
        with np.errstate(all="ignore"):
            run.trace[node.id, run.path] = np.nan_to_num(np.asarray(SIDES[op.name](*operands), dtype=float)).tobytes()
