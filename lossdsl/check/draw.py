"""Inputs of the declared kinds, ranges and axes: ordinary ones, and those at which losses break."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from lossdsl.check.inputs import drawn
from lossdsl.elaborate.declare import InputInfo
from lossdsl.elaborate.program import Program
from lossdsl.elaborate.typed import Typed, reachable
from lossdsl.syntax.parse import parse_axis_size
from lossdsl.types.kind import INDEX, LOGITS, LOGPROBS, MASK, PROB, PROBS, REAL, SCORE
from lossdsl.types.length import Least, Length

SIZES = (5, 4, 3, 2, 6, 7)  # distinct, so that a wrong axis cannot have the right length


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
