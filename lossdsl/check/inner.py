"""`grad(y, x)` inside a loss: the derivative of the reference by central differences with 50 digits.

The steps are so small and the numbers so exact that the result is good to float64.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lossdsl.check.array import Array, Mask, array, full
from lossdsl.check.numbers import DIGITS, digits, number

if TYPE_CHECKING:
    from lossdsl.check.reference import Evaluation, Frozen, Reference
    from lossdsl.source.diagnostic import error
from lossdsl.elaborate.typed import Typed

STEP = 1e-18  # squared, it is below the roundoff of float64 whatever the third derivative


def grad(run: Evaluation, node: Typed, args: Sequence[Array]) -> Array:
    from lossdsl.check.reference import Frozen

    if run.path:
        raise error("LD016", "not-supported", "`grad` inside a loop is not checked", node.span,
                    help="take the gradient outside of the loop")
    y, name = node.args[0], node.attr("name")
    reference = run.reference.part(y)
    frozen = run.frozen
    if frozen is None:
        frozen = Frozen()
        reference.evaluate(run.leaves, record=frozen)
    with digits(DIGITS):
        slopes = derivative(run, reference, y, name, frozen)
    values = slopes if run.extended else slopes.astype(float)
    masks = [m for v in node.valid for m in (*run[v].masks, as_mask(run, v))]
    axes = node.type.names
    sizes = dict(zip(axes, values.shape, strict=True))
    return run.finished(node, axes, full(Array(axes, values), axes, sizes), masks, np.abs(values))


def derivative(run: Evaluation, reference: Reference, y: Typed, name: str, frozen: Frozen) -> Any:
    base = np.asarray(number(np.asarray(run.leaves.inputs[name], dtype=float)), dtype=object)
    slopes = np.zeros(base.shape, dtype=object)
    for place in np.ndindex(*base.shape):
        ends = []
        for sign in (1, -1):
            moved = base.copy()
            moved[place] = moved[place] + sign * number(STEP)
            leaves = replace(run.leaves, inputs={**run.leaves.inputs, name: moved})
            ends.append(total(reference.evaluate(leaves, frozen=frozen, extended=True)[y]))
        slopes[place] = (ends[0] - ends[1]) / (2 * number(STEP))
    return slopes


def total(y: Array) -> Any:
    """The sum of the valid elements."""
    return np.sum(np.where(y.valid, y.values, 0.0))


def as_mask(run: Evaluation, mask: Typed) -> Mask:
    """A mask that is in force on the input, the same object as where it entered."""
    key = ("value", mask.id, run.path)
    if key not in run.derived:
        run.derived[key] = Mask(run[mask].axes, array(run[mask].axes, run[mask].values).values)
    found: Mask = run.derived[key]
    return found
