"""NumPy with 50 digits and an unlimited exponent, for what overflows or underflows in float64.

Arrays hold mpmath numbers as objects. The float64 meanings of the primitives get this in place of numpy; whatever it
does not redefine (sums, comparisons, selections) works on objects as it is, and linear algebra is left in float64.
"""

from __future__ import annotations

from typing import Any

import mpmath  # type: ignore[import-untyped]
import numpy as np

DIGITS = 50


def by_element(function: Any, arguments: int = 1) -> Any:
    return np.frompyfunc(function, arguments, 1)


def _log(x: Any) -> Any:
    return mpmath.log(x) if x > 0 else mpmath.mpf("-inf") if x == 0 else mpmath.mpf("nan")


def _log1p(x: Any) -> Any:
    return mpmath.log1p(x) if x > -1 else _log(1 + x)


def _sqrt(x: Any) -> Any:
    return mpmath.sqrt(x) if x >= 0 else mpmath.mpf("nan")


def _divide(x: Any, y: Any) -> Any:
    x, y = mpmath.mpf(x), mpmath.mpf(y)
    if y != 0:
        return x / y
    return mpmath.mpf("nan") if x == 0 or mpmath.isnan(x) else mpmath.sign(x) * mpmath.inf


def _logaddexp(x: Any, y: Any) -> Any:
    top = mpmath.mpf(max(x, y))
    return top if mpmath.isinf(top) else top + mpmath.log1p(mpmath.exp(-abs(mpmath.mpf(x) - y)))


def _power(x: Any, y: Any) -> Any:
    x, y = mpmath.mpf(x), mpmath.mpf(y)
    if x == 0 and y < 0:
        return mpmath.inf
    if x < 0 and y != mpmath.floor(y):
        return mpmath.mpf("nan")
    return x**y


def _acos(x: Any) -> Any:
    return mpmath.acos(x) if abs(x) <= 1 else mpmath.mpf("nan")


class Extended:
    """Stands for the numpy module."""

    exp, expm1, tanh = by_element(mpmath.exp), by_element(mpmath.expm1), by_element(mpmath.tanh)
    sin, cos, arccos = by_element(mpmath.sin), by_element(mpmath.cos), by_element(_acos)
    log, log1p, sqrt = by_element(_log), by_element(_log1p), by_element(_sqrt)
    floor, round, sign = by_element(mpmath.floor), by_element(mpmath.nint), by_element(mpmath.sign)  # noqa: A003
    arctan2, logaddexp = by_element(mpmath.atan2, 2), by_element(_logaddexp, 2)
    divide, power = by_element(_divide, 2), by_element(_power, 2)

    def isfinite(self, x: Any) -> Any:
        return np.asarray(by_element(lambda v: not (mpmath.isnan(v) or mpmath.isinf(v)))(x), dtype=bool)

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)


EXTENDED = Extended()
digits = mpmath.workdps
number = by_element(lambda x: x if isinstance(x, mpmath.mpf) else mpmath.mpf(float(x)))
