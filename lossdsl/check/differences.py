"""Derivatives of the reference by central differences, with stop-gradients, masks and choices held fixed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from lossdsl.check.draw import Case
from lossdsl.check.reference import Frozen, Leaves
from lossdsl.check.rounding import PER_PRIMITIVE, ROUNDOFF, SAFETY, Rounding
from lossdsl.check.subject import Subject
from lossdsl.elaborate.typed import Typed

STEP = 2.0**-13  # the fourth power of it is below the roundoff of float64, the roundoff over it small
CLOSER = 2.0**-6  # how much nearer to look when a kink lies between the two points
LOOKS = 3


@dataclass(frozen=True)
class Slope:
    """A derivative along one direction and how far it may be off.

    At a kink `low` and `high` are the derivatives from both sides and `kinks` names the primitives; elsewhere both
    are the same.
    """

    low: float
    high: float
    error: float
    kinks: tuple[str, ...] = ()


class Differences:
    """The total of one loss as a function of its inputs near a case."""

    def __init__(self, subject: Subject, case: Case, total: Typed, noise: float) -> None:
        self.subject, self.case, self.total = subject, case, total
        self.noise = noise  # how far a value may be off by rounding
        self.reference = subject.reference([total])
        self.base = subject.leaves(case)
        self.frozen = Frozen()
        self.value = float(self.reference.evaluate(self.base, record=self.frozen).result(total))
        self.names = {n.id: n.op for n in self.reference.nodes}
        for steps in self.reference.loops.steps.values():
            self.names.update({n.id: n.op for n in steps})

    def at(self, direction: Mapping[str, Any], size: float, **options: Any) -> float:
        """The total at a step along a direction, which holds changes of inputs and params by name."""
        inputs, params = dict(self.base.inputs), dict(self.base.params)
        for name, change in direction.items():
            held = inputs if name in inputs else params
            held[name] = held[name] + size * change
        leaves = Leaves(inputs, params, self.base.state, self.base.sizes, self.base.clocks)
        return float(self.reference.evaluate(leaves, frozen=self.frozen, **options).result(self.total))

    def slope(self, direction: Mapping[str, Any], room: float) -> Slope | None:
        """The derivative, looking nearer and nearer while a kink or the end of a domain lies within the step.

        None if the loss is not defined however near.
        """
        scale = max([1.0, *(float(np.max(np.abs(self.base.inputs[n][c != 0]), initial=0.0))
                            for n, c in direction.items() if n in self.base.inputs and np.ndim(c))])  # fmt: skip
        step = min(STEP * scale, room / 2)
        found = None
        for _ in range(LOOKS):
            kinks = self.kinks(direction, step)
            found = self.sides(direction, step, kinks) if kinks else self.smooth(direction, step)
            if not kinks and found.error == found.error:
                return found
            step *= CLOSER
        return found if found is not None and found.error == found.error else None

    def smooth(self, direction: Mapping[str, Any], step: float) -> Slope:
        wide = (self.at(direction, step) - self.at(direction, -step)) / (2 * step)
        narrow = (self.at(direction, step / 2) - self.at(direction, -step / 2)) / step
        slope = (4 * narrow - wide) / 3
        # The leading error cancels; of what is left the difference of the two is a generous bound. A value that is
        # off by e puts `narrow` off by 2 e/step and `wide` by e/step.
        error = abs(wide - narrow) / 3 + 3 * self.roundoff(direction, step) / step
        return Slope(slope, slope, error)

    def sides(self, direction: Mapping[str, Any], step: float, kinks: tuple[str, ...]) -> Slope:
        sides, error = [], 0.0
        for sign in (1.0, -1.0):
            wide = (self.at(direction, sign * step) - self.value) / (sign * step)
            narrow = (self.at(direction, sign * step / 2) - self.value) / (sign * step / 2)
            sides.append(2 * narrow - wide)
            error = max(error, abs(wide - narrow) + 8 * self.roundoff(direction, sign * step) / step)
        return Slope(min(sides), max(sides), error, kinks)

    def roundoff(self, direction: Mapping[str, Any], size: float) -> float:
        """How far a value may be off by rounding, at the case itself and at a step from it."""
        there = self.at(direction, size)
        off = [abs(self.at(direction, size, rounding=Rounding(ROUNDOFF["float64"], seed)) - there) for seed in (0, 1)]
        return max(self.noise, SAFETY * max(off)) + PER_PRIMITIVE * ROUNDOFF["float64"] * abs(there)

    def kinks(self, direction: Mapping[str, Any], step: float) -> tuple[str, ...]:
        """The primitives that are not on the same side of their kink all over the step."""
        traces: list[dict[Any, bytes]] = [{}, {}, {}]
        for size, trace in zip((-step, 0.0, step), traces, strict=True):
            self.at(direction, size, trace=trace)
        before, here, after = traces
        return tuple(sorted({self.names[k[0]] for k in here if not before.get(k) == here[k] == after.get(k)}))
