"""Inputs of the declared kinds, ranges and axes: ordinary ones, and those at which losses break."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lossdsl.elaborate.declare import InputInfo
from lossdsl.elaborate.program import Program
from lossdsl.elaborate.typed import Typed, reachable
from lossdsl.syntax.parse import parse_axis_size
from lossdsl.types.kind import INDEX, LOGITS, LOGPROBS, MASK, PROB, PROBS, REAL, SCORE
from lossdsl.types.length import Least, Length

SIZES = (5, 4, 3, 2, 6, 7)  # distinct, so that a wrong axis cannot have the right length
BITS = 8  # of bfloat16: what is drawn is the same number in every precision
LEAST = 2.0**-126  # what is smaller is drawn as 0
FINE = 24  # of float32, in cases of their own that are not run in bfloat16


@dataclass(frozen=True)
class Case:
    """One set of inputs, drawn anew from its name, seed and sizes."""

    name: str
    mode: str
    seed: int
    sizes: Mapping[str, int]
    missing: frozenset[str] = frozenset()
    inputs: dict[str, np.ndarray] = field(default_factory=dict)
    clocks: Mapping[str, int] = field(default_factory=dict)
    positive: bool = False  # numbers without a promised range are drawn positive


def symbols(program: Program) -> list[str]:
    """The axes whose length the data decides, in order of appearance."""
    lengths: list[Length] = [a.length for i in program.inputs.values() for a in i.leaf.type.axes]
    lengths += [program.lengths[i.of] for i in program.inputs.values() if i.of in program.lengths]
    lengths += [a.length for n in reachable(program.roots()) for a in n.type.axes]
    found = [s for length in lengths for m, _ in length.terms for s in m]
    return [s for s in dict.fromkeys(found) if not isinstance(s, Least)]


def least_sizes(program: Program) -> dict[str, int]:
    """The smallest length each axis may have: what `axes:` promises and what slices and picks reach for."""
    least: dict[str, int] = {}

    def need(length: Length, size: int) -> None:
        if length.symbols and length == Length.symbol(next(iter(length.symbols))):
            symbol = next(iter(length.symbols))
            least[symbol] = max(least.get(symbol, 0), size)

    for fact in program.spec.axes.values():
        minimum = parse_axis_size(fact.size).minimum
        if minimum is not None:
            need(Length.symbol(fact.name), minimum)
    for node in reachable(program.roots()):
        if node.op == "slice":
            need(along(node), max(abs(b) for b in (node.attr("start"), node.attr("stop"), 0) if b is not None))
        elif node.op == "pick":
            index = node.attr("index")
            need(along(node), index + 1 if index >= 0 else -index)
    return least


def along(node: Typed) -> Length:
    axis = node.args[0].type.axis(node.attr("axis"))
    assert axis is not None
    return axis.length


def ordinary_sizes(program: Program) -> dict[str, int]:
    least = least_sizes(program)
    return {s: max(SIZES[i % len(SIZES)], least.get(s, 0) + 1) for i, s in enumerate(symbols(program))}


def cases(program: Program, seed: int, positive: bool = False) -> list[Case]:
    """Every case that makes a difference to the inputs of this program."""
    infos = program.inputs
    kinds = {info.kind for info in infos.values()}
    usual = ordinary_sizes(program)
    least = least_sizes(program)
    found = [("ordinary", "ordinary", usual), ("fine", "fine", usual)]
    if any(info.kind in (MASK, INDEX) and maskable(info) for info in infos.values()):
        found.append(("a row masked", "a row masked", usual))
        found.append(("all masked", "all masked", usual))
    if kinds & {LOGITS, SCORE, LOGPROBS}:
        found += [("logits of 50", "50", usual), ("logits of 1e4", "1e4", usual)]
    if LOGITS in kinds:
        found.append(("a logit of -inf", "-inf", usual))
    if kinds - {MASK, INDEX}:
        found.append(("ties", "ties", usual))
    if kinds & {PROBS, PROB, LOGPROBS}:
        found.append(("one-hot", "one-hot", usual))
    if REAL in kinds:
        found.append(("zeros", "zeros", usual))
    empty = {s: 0 for s in program.samples if s in usual and not least.get(s)}
    if empty:
        found.append(("empty batch", "ordinary", {**usual, **empty}))
    if usual:
        found.append(("one element", "ordinary", {s: max(1, least.get(s, 0)) for s in usual}))
    result = [case(program, name, mode, seed + i, sizes, positive=positive)
              for i, (name, mode, sizes) in enumerate(found)]  # fmt: skip
    optional = frozenset(n for n, info in infos.items() if info.optional)
    if optional:
        result.append(case(program, "defaults", "ordinary", seed + 100, usual, optional, positive))
    return result


def maskable(info: InputInfo) -> bool:
    return info.kind == MASK or info.ignore is not None


def case(
    program: Program,
    name: str,
    mode: str,
    seed: int,
    sizes: Mapping[str, int],
    missing: frozenset[str] = frozenset(),
    positive: bool = False,
) -> Case:
    """The inputs that a name, a seed and sizes stand for."""
    rng = np.random.default_rng(seed)
    inputs = {}
    for key, info in program.inputs.items():
        if key not in missing:
            inputs[key] = drawn(info, mode, rng, sizes, program.lengths, positive)
    clocks = {"step": 5000, "epoch": 100} if mode == "fine" else {"step": seed % 7, "epoch": seed % 3}
    return Case(name, mode, seed, dict(sizes), missing, inputs, clocks, positive)


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


def real(
    info: InputInfo, mode: str, rng: np.random.Generator, shape: tuple[int, ...], positive: bool
) -> np.ndarray:
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


def shown(inputs: Iterable[tuple[str, np.ndarray]]) -> list[str]:
    return [f"  {name} = {np.array2string(np.asarray(v), separator=', ', threshold=60, prefix=f'  {name} = ')}"
            for name, v in inputs]  # fmt: skip
