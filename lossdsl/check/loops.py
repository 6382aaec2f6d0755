"""Loops by running their step again and again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lossdsl.check.array import Array, Mask, array, spread
from lossdsl.check.structure import changed
from lossdsl.elaborate.typed import Typed

if TYPE_CHECKING:
    from lossdsl.check.reference import Evaluation

SETTLED = 1e-15  # relative change below which a fixed point has been reached for the purpose of its derivative
MOST = 10_000


@dataclass(frozen=True)
class Loops:
    """The values inside each loop, in order.

    `owner` is the innermost loop of a value, `scans` the axis of each scan.
    """

    owner: dict[int, int]
    steps: dict[int, list[Typed]]
    scans: dict[int, str]


def owners(nodes: Sequence[Typed]) -> Loops:
    inside: dict[int, frozenset[int]] = {}
    around: dict[int, frozenset[int]] = {}  # the loops that a loop is inside of
    for node in nodes:
        found = frozenset[int]().union(*(inside[a.id] for a in node.args))
        if node.op in ("loop_var", "at"):
            found |= {node.attr("loop")}
        elif node.op == "loop":
            found -= {node.attr("loop")}
            around[node.attr("loop")] = found
        inside[node.id] = found
    owner = {i: max(found, key=lambda n: len(around.get(n, ()))) for i, found in inside.items() if found}
    steps: dict[int, list[Typed]] = {}
    for node in nodes:
        if node.id in owner:
            steps.setdefault(owner[node.id], []).append(node)
    scans = {n.args[0].id: n.type.names[0] for n in nodes
             if n.op == "loop_out" and n.args[0].attr("length") is not None}  # fmt: skip
    return Loops(owner, steps, scans)


def loop(run: Evaluation, node: Typed) -> tuple[Array, ...]:
    number, half = node.attr("loop"), len(node.args) // 2
    step, results = run.loops.steps.get(number, []), node.args[half:]
    values = tuple(run.values[a.id] for a in node.args[:half])
    values = tuple(Array(v.axes, run.numbers(v.values), v.masks) for v in values)
    outside = run.path
    history = []
    length = node.attr("length")
    count = node.attr("count") if length is None else length.evaluate(run.leaves.sizes)
    implicit = node.attr("gradient") == "implicit" and (run.record is not None or run.frozen is not None)
    limit, tolerance = (MOST, 0.0) if implicit else (count, node.attr("until"))
    key = (node.id, outside)
    if run.frozen is not None and not implicit:
        limit, tolerance = run.frozen.counts.get(key, limit), None
    done = 0
    for t in range(limit):
        run.path = (*outside, t)
        run.positions[number] = t
        for i, value in enumerate(values):
            run.variables[number, i] = value
        run.run(step)
        before, values = values, tuple(run.values[a.id] for a in results)
        values = tuple(Array(v.axes, run.numbers(v.values), v.masks) for v in values)
        history.append(values)
        done = t + 1
        if tolerance is not None and change(before, values, relative=implicit) <= (SETTLED if implicit else tolerance):
            break
    run.path = outside
    if run.record is not None:
        run.record.counts[key] = done
    if length is None:
        return values if run.rounding is None or not tolerance else tuple(within(run, v, tolerance) for v in values)
    axis = run.loops.scans[node.id]
    return tuple(stacked(axis, [h[i] for h in history], v) for i, v in enumerate(values))


def within(run: Evaluation, value: Array, tolerance: float) -> Array:
    """A loop that stops at a small change may as well stop a step later: its result is as exact as that."""
    assert run.rounding is not None
    return Array(value.axes, value.values + run.rounding.sign(value.values.shape) * tolerance, value.masks)


def change(before: Sequence[Array], after: Sequence[Array], relative: bool) -> float:
    """The largest change of any valid element."""
    largest = 0.0
    for a, b in zip(before, after, strict=True):
        difference = np.abs(np.asarray(b.values - spread(a.values, a.axes, b.axes), dtype=float))
        if relative:
            difference = difference / np.maximum(1.0, np.abs(np.asarray(b.values, dtype=float)))
        largest = max(largest, float(np.nanmax(difference, initial=0.0)))
    return largest


def stacked(axis: str, steps: Sequence[Array], start: Array) -> Array:
    """The values of a variable at every step, along the axis of the scan."""
    if not steps:
        return array((axis, *start.axes), np.zeros((0, *start.values.shape)))
    axes = steps[0].axes
    values = np.stack([spread(s.values, s.axes, axes) for s in steps])
    throughout = [m for m in steps[0].masks if all(m in s.masks for s in steps)]
    masks = list(throughout)
    if any(len(s.masks) > len(throughout) for s in steps):
        holds = np.stack([spread(s.valid, s.axes, axes) for s in steps])
        masks.append(Mask((axis, *axes), holds))
    return array((axis, *axes), values, masks)


def loop_var(run: Evaluation, node: Typed, args: Sequence[Array]) -> Array:
    return run.variables[node.attr("loop"), node.attr("index")]


def loop_out(run: Evaluation, node: Typed, args: Sequence[Array]) -> Array:
    return run.results[node.args[0].id][node.attr("index")]


def at(run: Evaluation, node: Typed, args: Sequence[Array]) -> Array:
    """The element at the current position of a scan."""
    axis, t = node.attr("axis"), run.positions[node.attr("loop")]
    return changed(
        run,
        args[0],
        ("at", axis, t, node.attr("loop")),
        {axis},
        lambda v, axes: (np.take(v, t, axis=axes.index(axis)), tuple(a for a in axes if a != axis)),
    )


SPECIAL: dict[str, Any] = {"loop_var": loop_var, "loop_out": loop_out, "at": at}
