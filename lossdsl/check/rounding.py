"""Random rounding errors on every value: how far a result may be off in arithmetic of a given precision.

Each primitive of torch is taken to be good to a few units of roundoff of what it adds up; running the reference with
errors of that size and random sign, several times, shows how the errors of all primitives together reach the result.
"""

from __future__ import annotations

from typing import Any

import numpy as np

ROUNDOFF = {"float64": 2.0**-53, "float32": 2.0**-24, "bfloat16": 2.0**-24}  # of the computation type
PER_PRIMITIVE = 4.0  # units of roundoff; the vectorised functions of torch are within 2, sums over rows within 3
RUNS = 6
SMALLEST = {"float64": 2.0**-1022, "float32": 2.0**-126, "bfloat16": 2.0**-126}  # what is less may become 0
SAFETY = 2.0  # six runs see the sign pattern that matters most only nearly


class Rounding:
    def __init__(self, unit: float, seed: int) -> None:
        self.unit = unit
        self.size = PER_PRIMITIVE * unit
        self.rng = np.random.default_rng(seed)

    def draw(self, shape: tuple[int, ...]) -> Any:
        return self.size * self.sign(shape)

    def sign(self, shape: tuple[int, ...]) -> Any:
        return self.rng.choice([-1.0, 1.0], size=shape)

    def stored(self, values: Any) -> Any:
        """A parameter, state or number as the computation type holds it: off by half a unit unless it holds it."""
        if self.unit == ROUNDOFF["float64"]:
            return values
        plain = np.asarray(values, dtype=float)
        off = np.isfinite(plain) & (plain.astype(np.float32) != plain)
        return values + self.sign(plain.shape) * self.unit * np.where(off, np.abs(values), 0.0)


def whole(*values: Any) -> Any:
    """Where all values are whole numbers: sums, differences and products of these are exact."""
    found: Any = np.True_
    for value in values:
        plain = np.asarray(value, dtype=float)
        found = found & (plain == np.floor(plain))
    return found


def ulp(value: float, dtype: str) -> float:
    """The distance of neighbouring numbers of the computation type at a value."""
    unit = 2 * ROUNDOFF[dtype]
    size = abs(value)
    return unit if size == 0 or not np.isfinite(size) else unit * 2.0 ** np.floor(np.log2(size))
