"""Gradients of each total against differences of the reference, and at extremes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch

from lossdsl.check.differences import Differences, Slope
from lossdsl.check.draw import Case
from lossdsl.check.report import Row
from lossdsl.check.rounding import ROUNDOFF
from lossdsl.check.subject import Subject, Truth, as_float
from lossdsl.check.values import first_line
from lossdsl.elaborate.declare import InputInfo
from lossdsl.elaborate.program import Program
from lossdsl.elaborate.typed import Typed

ELEMENTS = 6  # of each input, one by one; a random direction then covers all elements at once
DIFFERENCED = {"ordinary", "fine", "a row masked", "50", "ties", "zeros"}  # modes near which the loss is not singular
TIED = {"ties", "zeros"}
UNBOUNDED = {"sort", "quantile", "atan2"}  # at ties, and at the origin, both sides do not bound the gradient chosen
LEAST_ROOM = 1e-4  # elements nearer to an end of their range are not moved
Grads = dict[str, np.ndarray]


def gradients(
    subject: Subject,
    case: Case,
    loss: str,
    inputs: Mapping[str, Any] | None = None,
    dtype: str = "float64",
    **more: Any,
) -> tuple[Grads, float, set[str]]:
    """The gradient with respect to every floating-point input and learned param, the total, and which have none."""
    tensors = subject.tensors(case, dtype, inputs)
    leaves = {n: t.requires_grad_() for n, t in tensors.items() if t.is_floating_point()}
    learned = {n: p for n, p in subject.module.params.items() if isinstance(p, torch.nn.Parameter)}
    output = subject.call(case, tensors, **more)
    total = output.losses[loss].loss if loss else output.loss
    leaves.update(learned)
    found: list[Any] = [None] * len(leaves)
    if total.requires_grad:
        found = list(torch.autograd.grad(total, list(leaves.values()), allow_unused=True))
    grads = {n: np.zeros(tuple(t.shape)) if g is None else g.detach().double().numpy()
             for (n, t), g in zip(leaves.items(), found, strict=True)}  # fmt: skip
    return grads, float(total.detach()), {n for n, g in zip(leaves, found, strict=True) if g is None}


def check(subject: Subject, case: Case) -> list[Row]:
    rows = []
    program = subject.program(case)
    for loss, total in subject.totals(program).items():
        label = f"gradient{' of ' + loss if loss else ''}"
        try:
            truth = subject.truth(case, [total])
            grads, _, absent = gradients(subject, case, loss)
        except Exception as problem:  # whatever torch raises is a finding, which the value check reports too
            rows.append(Row(label, case.name, isinstance(problem, np.linalg.LinAlgError), note=first_line(problem)))
            continue
        if not math.isfinite(as_float(truth.plain[0])):
            continue
        rows += [
            Row(f"{label}, {n} is fixed", case.name, False, note="a fixed input has a gradient")
            for n, info in program.inputs.items()
            if info.role == "fixed" and n in grads and n not in absent
        ]
        rows.append(finite(label, case, grads))
        rows += precise(subject, case, label, loss)
        if rows[-1].ok and not truth.extended and smooth(case, program):
            rows.append(differences(subject, case, total, label, grads, truth))
    return rows


def smooth(case: Case, program: Program) -> bool:
    """Whether the loss can be differenced at a case: not at infinities, nor where it singles out some cases."""
    if case.mode in TIED and any(n.op == "assignment" for n in program.graph.nodes):
        return False  # among assignments of equal cost any may be taken
    return case.mode in DIFFERENCED and all(np.isfinite(v).all() for v in case.inputs.values())


def finite(label: str, case: Case, grads: Grads) -> Row:
    """A finite loss has no NaN in its gradient. Infinity is right where a slope is infinite, as of log at 0."""
    bad = [n for n, g in grads.items() if np.isnan(g).any()]
    return not_a_number(label, case, bad)


def precise(subject: Subject, case: Case, label: str, loss: str) -> list[Row]:
    """In float32 and bfloat16 there is no NaN either."""
    bad = []
    for dtype in ("float32", "bfloat16"):
        grads, total, _ = gradients(subject, case, loss, dtype=dtype)
        if math.isfinite(total):
            bad += [f"{n} ({dtype})" for n, g in grads.items() if np.isnan(g).any()]
    return [not_a_number(label, case, bad)] if bad else []


def not_a_number(label: str, case: Case, bad: list[str]) -> Row:
    note = f"NaN in the gradient of {', '.join(bad)}" if bad else ""
    return Row(f"{label} is a number", case.name, not bad, note=note)


def differences(subject: Subject, case: Case, total: Typed, label: str, grads: Grads, truth: Truth) -> Row:
    """The direction in which gradient and differences are furthest apart, relative to what they may be."""
    noise = subject.bounds(case, [total], truth, "float64")[0]
    near = Differences(subject, case, total, noise)
    size = max([float(np.max(np.abs(g), initial=0.0)) for g in grads.values()], default=0.0)
    worst = Row(f"{label}, differences", case.name, True)
    kinks: set[str] = set()
    for where, direction in directions(subject, case, grads):
        slope = near.slope(direction, room(subject, case, direction))
        if slope is None:
            continue
        kinks |= set(slope.kinks)
        if set(slope.kinks) & UNBOUNDED:
            continue
        actual = float(sum(np.sum(grads[n] * c) for n, c in direction.items()))
        row = compared(worst.what, case, where, actual, slope, size, single(subject, direction))
        if (not row.ok, ratio(row)) > (not worst.ok, ratio(worst)):
            worst = row
    note = worst.note
    if kinks and worst.ok:
        note = f"at a kink of {', '.join(sorted(kinks))}: within the slopes of both sides where these bound it"
    return Row(worst.what, worst.case, worst.ok, worst.figure, worst.bound, worst.unit, note)


def compared(what: str, case: Case, where: str, actual: float, slope: Slope, size: float, single: bool) -> Row:
    """The distance to the slope, or to the interval of slopes at a kink, relative to the largest gradient."""
    off = max(slope.low - actual, actual - slope.high, 0.0)
    scale = max(size, abs(slope.low), abs(slope.high))
    # A learned param and its gradient are in float32; autograd rounds as often as the loss does.
    bound = slope.error + (ROUNDOFF["float32"] if single else 64 * ROUNDOFF["float64"]) * 4 * scale
    ok = off <= bound
    if scale <= bound:  # both are zero up to rounding
        scale = 1.0
    note = ""
    if bound > 1e-3 * scale and not slope.kinks:
        ok, note = ok and math.isfinite(bound), f"differences are good to {bound / scale:.1g} only"
    if not ok:
        expected = f"{slope.low:.6g}" if slope.low == slope.high else f"from {slope.low:.6g} to {slope.high:.6g}"
        kink = f" at a kink of {', '.join(slope.kinks)}" if slope.kinks else ""
        note = f"{where}: {actual:.6g}, differences of the reference give {expected}{kink}"
    return Row(what, case.name, ok, off / scale, bound / scale, "", note)


def ratio(row: Row) -> float:
    if row.figure is None or not row.bound:
        return -1.0
    return math.inf if math.isnan(row.figure) else row.figure / row.bound


def room(subject: Subject, case: Case, direction: Mapping[str, Any]) -> float:
    """How far one may go along a direction, either way, within the declared ranges."""
    infos = subject.program(case).inputs
    least = math.inf
    for name, change in direction.items():
        if name in infos:
            moved = change != 0
            away = margin(infos[name], case.inputs[name][moved]) / np.abs(change[moved])
            least = min(least, float(np.min(away, initial=math.inf)))
    return least


def margin(info: InputInfo, values: np.ndarray) -> np.ndarray:
    """How far values are from the nearer end of their declared range."""
    return np.minimum(values - info.low, info.high - values)


def single(subject: Subject, direction: Mapping[str, Any]) -> bool:
    return any(n in subject.module.params for n in direction)


def directions(subject: Subject, case: Case, grads: Grads) -> Iterator[tuple[str, dict[str, np.ndarray]]]:
    """Single elements of each input, and one direction through all elements of all inputs."""
    rng = np.random.default_rng(case.seed)
    # Each value of a `grad` takes many evaluations.
    count = 1 if any(n.op == "grad" for n in subject.program(case).graph.nodes) else ELEMENTS
    infos = subject.program(case).inputs
    free = {n: g for n, g in grads.items() if n not in infos or infos[n].role == "learned"}
    inside = {n: np.ones(g.shape, dtype=bool) if n not in infos else
              margin(infos[n], case.inputs[n]) > LEAST_ROOM
              for n, g in free.items()}  # fmt: skip
    for name, gradient in free.items():
        for place in rng.permutation(np.flatnonzero(inside[name]))[:count]:
            change = np.zeros(gradient.shape)
            change.flat[place] = 1.0
            index = ", ".join(map(str, np.unravel_index(place, gradient.shape)))
            yield f"d/d {name}[{index}]" if gradient.shape else f"d/d {name}", {name: change}
    if free:
        yield (
            "along a random direction",
            {n: rng.normal(size=g.shape) * inside[n] for n, g in free.items() if n in infos},
        )
