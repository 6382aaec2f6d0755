"""Type rules shared by many ops: what kind and range a result has."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from lossdsl.ops.op import Types
from lossdsl.types.kind import LOGITS, LOGPROBS, MASK, PROB, PROBS, REAL, SCORE
from lossdsl.types.value import INF, ValueType


def real(low: float = -INF, high: float = INF) -> Callable[[Types], ValueType]:
    """A real number within fixed bounds."""

    def rule(types: Types) -> ValueType:
        return ValueType(REAL, low=low, high=high)

    return rule


def mask(types: Types) -> ValueType:
    return ValueType(MASK, low=0.0, high=1.0)


def monotone(function: Callable[[float], float]) -> Callable[[Types], ValueType]:
    """A real number whose range is the image of the operand's, for an increasing function."""

    def end(x: float, otherwise: float) -> float:
        try:
            return function(x)
        except OverflowError:
            return INF
        except ValueError:
            return otherwise

    def rule(types: Types) -> ValueType:
        (x,) = types
        return ValueType(REAL, low=end(x.low, -INF), high=end(x.high, INF))

    return rule


def safe_product(a: float, b: float) -> float:
    """a*b with 0*inf = 0, as interval ends need it."""
    return 0.0 if a == 0 or b == 0 else a * b


def product_range(x: ValueType, y: ValueType) -> tuple[float, float]:
    ends = [safe_product(a, b) for a in (x.low, x.high) for b in (y.low, y.high)]
    return min(ends), max(ends)


def scaled(x: ValueType, y: ValueType) -> tuple[str, tuple[str, ...]]:
    """Kind and event of x scaled by y: log-scale quantities stay on the log scale."""
    for a, b in ((x, y), (y, x)):
        if a.kind in (LOGITS, LOGPROBS) and not b.is_distribution:
            return LOGITS, a.event
        if a.kind == SCORE and b.kind in (REAL, MASK, PROB):
            return SCORE, ()
    return REAL, ()


def shifted(x: ValueType, y: ValueType) -> tuple[str, tuple[str, ...]]:
    """Kind and event of x plus y."""
    logs = (LOGITS, LOGPROBS)
    if x.kind in logs and y.kind in logs:
        return (LOGITS, x.event) if x.event == y.event else (REAL, ())
    if x.kind == SCORE and y.kind == SCORE:
        return SCORE, ()
    return scaled(x, y)


def finite_log(value: float) -> float:
    return math.log(value) if value > 0 else -INF


def log_kind(x: ValueType) -> ValueType:
    """log of probs is logprobs; log of anything else is real."""
    low, high = finite_log(x.low), finite_log(x.high) if x.high < INF else INF
    if x.kind == PROBS:
        return ValueType(LOGPROBS, event=x.event, low=low, high=0.0)
    return ValueType(REAL, low=low, high=high if x.kind != PROB else min(high, 0.0))


def kept(x: ValueType, axes: tuple[str, ...]) -> ValueType:
    """A mean over other axes than the event of a distribution is a distribution: a convex combination."""
    if not x.is_distribution:
        return ValueType(x.kind if x.kind in (PROB, SCORE) else REAL, low=x.low, high=x.high)
    if set(axes) & set(x.event):
        return ValueType(PROB if x.kind == PROBS else REAL, low=x.low, high=x.high)
    # The mean of log-probabilities is no longer normalised.
    return replace(x, kind=LOGITS if x.kind == LOGPROBS else x.kind, axes=())


def reordered(x: ValueType, axes: tuple[str, ...]) -> ValueType:
    """Elements in another order: a distribution stays one if each is reordered as a whole."""
    if x.is_distribution and set(axes) != set(x.event):
        return ValueType(PROB if x.kind == PROBS else REAL, low=x.low, high=x.high)
    return replace(x, axes=())


def flattened(np: Any, x: Any, axis: tuple[int, ...]) -> tuple[Any, Callable[[Any], Any]]:
    """For references: the axes as one last axis, and how to bring a result of that shape back."""
    last = tuple(range(-len(axis), 0))
    moved = np.moveaxis(x, axis, last)
    rows = moved.reshape(*moved.shape[: moved.ndim - len(axis)], -1)
    return rows, lambda y: np.moveaxis(y.reshape(moved.shape), last, axis)
