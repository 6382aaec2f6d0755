"""Values of one input: of its kind, within its range, of the same number in every precision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lossdsl.elaborate.declare import InputInfo
from lossdsl.types.kind import INDEX, LOGITS, LOGPROBS, MASK, PROB, PROBS, SCORE
from lossdsl.types.length import Length

BITS = 8  # of bfloat16: what is drawn is the same number in every precision
LEAST = 2.0**-126  # what is smaller is drawn as 0
FINE = 24  # of float32, in cases of their own that are not run in bfloat16


def drawn(
    info: InputInfo,
    mode: str,
    rng: np.random.Generator,
    sizes: Mapping[str, int],
    lengths: Mapping[str, Length],
    positive: bool,
) -> np.ndarray:
    shape = tuple(a.length.evaluate(sizes) for a in info.leaf.type.axes)
    if info.kind == MASK:
        return masked(mode, rng, shape)
    if info.noise is not None:
        return noise(info, rng, shape)
    if info.kind == INDEX:
        assert info.of is not None
        return indices(info, mode, rng, shape, lengths.get(info.of, Length.symbol(info.of)).evaluate(sizes))
    event = tuple(info.axes.index(n) for n in info.event)
    if info.kind in (LOGITS, SCORE):
        return rounded(spread_out(mode, rng, shape), mode)
    if info.kind in (PROBS, LOGPROBS):
        return distribution(info.kind, mode, rng, shape, event)
    return real(info, mode, rng, shape, positive)


def masked(mode: str, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    held = rng.random(shape) < 0.75
    if mode == "all masked":
        return np.zeros(shape, dtype=bool)
    if mode == "a row masked" and held.ndim and len(held):
        held[-1] = False
    return np.asarray(held)


def noise(info: InputInfo, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    if info.noise == "uniform":
        return rounded(rng.random(shape))
    if info.noise == "rademacher":
        return rng.choice([-1.0, 1.0], size=shape)
    if info.noise == "permutation":
        return np.argsort(rng.random(shape), axis=-1)
    return rounded(rng.normal(size=shape))


def indices(info: InputInfo, mode: str, rng: np.random.Generator, shape: tuple[int, ...], length: int) -> np.ndarray:
    values = rng.integers(0, max(length, 1), size=shape)
    if info.ignore is not None:
        share = {"all masked": 1.0, "a row masked": 0.4}.get(mode, 0.2)
        values = np.where(rng.random(shape) < share, info.ignore, values)
    return np.asarray(values)


def spread_out(mode: str, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Log-odds and logits."""
    values = rng.normal(scale=1.5, size=shape)
    if mode in ("ties", "zeros"):
        return np.full(shape, 0.5 if mode == "ties" else 0.0)
    if mode == "-inf" and values.size:
        return np.where(values == values.min(axis=-1, keepdims=True), -np.inf, values)
    if mode in ("50", "1e4"):
        extreme = rng.choice([-1.0, 1.0], size=shape) * float(mode)
        return np.where(rng.random(shape) < 0.7, extreme, values)
    return values


def distribution(
    kind: str, mode: str, rng: np.random.Generator, shape: tuple[int, ...], event: tuple[int, ...]
) -> np.ndarray:
    logits = spread_out(mode, rng, shape)
    if not logits.size:
        return logits
    if mode in ("one-hot", "zeros"):
        # Half of the rows hold a single event, the others a zero among ordinary probabilities.
        top = logits == logits.max(axis=event, keepdims=True)
        rows = rng.random(top.max(axis=event, keepdims=True).shape) < 0.5
        low = logits == logits.min(axis=event, keepdims=True)
        logits = np.where(np.where(rows, ~top, low & ~top), -np.inf, logits)
    logs = logits - logits.max(axis=event, keepdims=True)
    logs = logs - np.log(np.exp(logs).sum(axis=event, keepdims=True))
    return rounded(np.exp(logs) if kind == PROBS else np.minimum(logs, 0.0), mode)


def real(info: InputInfo, mode: str, rng: np.random.Generator, shape: tuple[int, ...], positive: bool) -> np.ndarray:
    """Numbers within the promised range, off its ends."""
    low, high = info.low, info.high
    if mode == "zeros":
        smallest = 2.0**-10 if info.low_open else 0.0
        return np.full(shape, min(max(low + smallest if low > -np.inf else 0.0, 0.0), high))
    if np.isfinite(low) and np.isfinite(high):
        values = low + (high - low) * rng.uniform(0.1, 0.9, size=shape)
    elif np.isfinite(low):
        values = low + 0.1 + np.abs(rng.normal(size=shape))
    elif np.isfinite(high):
        values = high - 0.1 - np.abs(rng.normal(size=shape))
    elif positive:
        values = rng.uniform(0.3, 1.8, size=shape)
    else:
        values = rng.normal(size=shape)
    if mode == "one-hot" and info.kind == PROB:
        values = rng.integers(0, 2, size=shape).astype(float)
    if mode == "ties":
        values = np.full(shape, values.flat[0] if values.size else 0.0)
    return rounded(values, mode)


def rounded(values: Any, mode: str = "") -> np.ndarray:
    """The nearest numbers that bfloat16 holds, or float32 in fine cases."""
    scale = 2.0 ** (FINE if mode == "fine" else BITS)
    with np.errstate(invalid="ignore"):
        part, exponent = np.frexp(np.asarray(values, dtype=float))
        near = np.ldexp(np.round(part * scale) / scale, exponent)
    near = np.where(np.abs(near) < LEAST, 0.0, near)
    return np.where(np.isfinite(values), near, values)
