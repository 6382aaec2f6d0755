"""What is masked has no part in the loss: with NaN or infinity there, value and gradients stay as they are."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lossdsl.check.draw import Case
from lossdsl.check.gradients import gradients
from lossdsl.check.report import Row
from lossdsl.check.rounding import ROUNDOFF
from lossdsl.check.subject import Subject
from lossdsl.elaborate.typed import Typed
from lossdsl.ops.op import Along, Batched, Reduction
from lossdsl.ops.registry import table

PROBES = (math.nan, math.inf, -math.inf, 7.25)  # what no value at all changes is masked
ELEMENTS = 48  # of each input


def check(subject: Subject, case: Case) -> list[Row]:
    rows = []
    for loss, total in subject.totals(subject.program(case)).items():
        label = f"masked elements{' of ' + loss if loss else ''}"
        inert = masked(subject, case, total)
        if not any(m.any() for m in inert.values()):
            continue
        poisoned = {n: poison(case.inputs[n], m) for n, m in inert.items()}
        before, value, _ = gradients(subject, case, loss)
        after, same, _ = gradients(subject, case, loss, inputs=poisoned)
        rows.append(compared(label, case, inert, before, value, after, same))
    return rows


def masked(subject: Subject, case: Case, total: Typed) -> dict[str, np.ndarray]:
    """The elements of each input that have no part in the reference, whatever they hold."""
    reference, leaves = subject.reference([total]), subject.leaves(case)
    base = reference.evaluate(leaves)
    choices = [n for n in reference.nodes if chooses(n)]
    rng = np.random.default_rng(case.seed)

    def unchanged(inputs: dict[str, np.ndarray]) -> bool:
        try:
            run = reference.evaluate(subject.leaves(case, inputs))
        except np.linalg.LinAlgError:  # of a matrix with NaN
            return False
        return all(np.array_equal(run[n].values, base[n].values) for n in (total, *choices))

    found = {}
    for name, value in case.inputs.items():
        if value.dtype.kind != "f" or not maskable_axes(subject, case, name):
            continue
        inert = np.zeros(value.shape, dtype=bool)
        for place in rng.permutation(value.size)[:ELEMENTS]:
            inert.flat[place] = all(unchanged({name: put(value, place, probe)}) for probe in PROBES)
        found[name] = inert
    together = {n: np.where(m, math.nan, case.inputs[n]) for n, m in found.items()}
    return found if unchanged(together) else {}  # one of two may be left out, not both


def chooses(node: Typed) -> bool:
    """Whether a value is a choice among others, such as an argmax: NaN may change it without changing the loss."""
    op = table().get(node.op)
    return isinstance(op, (Reduction, Along, Batched)) and not op.differentiable and op.operands == "float"


def maskable_axes(subject: Subject, case: Case, name: str) -> set[str]:
    """The axes that an input shares with a mask; an input without any is not masked element by element."""
    program = subject.program(case)
    masking = {a for node in program.graph.nodes if node.type.is_mask for a in node.type.names}
    return masking & set(program.inputs[name].axes)


def put(value: np.ndarray, place: int, what: float) -> np.ndarray:
    changed = value.copy()
    changed.flat[place] = what
    return changed


def poison(value: np.ndarray, inert: np.ndarray) -> np.ndarray:
    """NaN and infinity by turns in place of the masked elements."""
    turns = np.resize([math.nan, math.inf, -math.inf], value.shape)
    return np.where(inert, turns, value)


def compared(
    label: str, case: Case, inert: dict[str, np.ndarray], before: Any, value: float, after: Any, same: float
) -> Row:
    problems = []
    if not (same == value or abs(same - value) <= 8 * ROUNDOFF["float64"] * abs(value)):
        problems.append(f"with NaN in masked elements the total is {same:g} instead of {value:g}")
    worst = 0.0
    for name, mask in inert.items():
        for grads in (before, after):
            leaked = grads[name][mask]
            if np.any(leaked != 0):  # NaN differs from 0 too
                problems.append(f"masked elements of `{name}` have a gradient of {leaked[leaked != 0][0]:g}")
                break
    for name, grad in before.items():
        scale = float(np.max(np.abs(grad), initial=0.0))
        off = float(np.max(np.abs(after[name] - grad), initial=0.0))
        if not off <= 64 * ROUNDOFF["float64"] * scale and np.isfinite(grad).all():
            problems.append(f"with NaN in masked elements the gradient of `{name}` changes by {off:g}")
        worst = max(worst, off)
    bad = dict.fromkeys(problems)
    return Row(label, case.name, not bad, worst, 0.0, "", "; ".join(bad))
