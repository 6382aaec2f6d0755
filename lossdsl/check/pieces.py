"""Micro-batches: a batch in unequal pieces, with global counts, gives the loss and gradient of the whole."""

from __future__ import annotations

from typing import Any

import numpy as np

from lossdsl.check.additive import additive
from lossdsl.check.draw import Case
from lossdsl.check.gradients import gradients
from lossdsl.check.report import Row
from lossdsl.check.rounding import ROUNDOFF
from lossdsl.check.subject import Subject, values_of
from lossdsl.elaborate.typed import Typed

CUTS = (1, 3)  # of a batch of five: pieces of one, two and two
WHAT = "micro-batches add up"


def check(subject: Subject, case: Case) -> list[Row]:
    """For each sample axis the terms that are sums over it, and their gradient if all terms are."""
    program = subject.program(case)
    rows = []
    for axis in sorted(program.samples):
        if case.sizes.get(axis, 0) <= max(CUTS):
            continue
        terms = {k: v for k, v in subject.outputs(program).items() if k[0] == "term"}
        whole = {k: v for k, v in terms.items() if additive(v, axis, program.samples)}
        if whole:
            rows.append(compared(subject, case, axis, whole, every=len(whole) == len(terms)))
    return rows


def compared(subject: Subject, case: Case, axis: str, terms: dict[Any, Typed], every: bool) -> Row:
    pieces = cut(subject, case, axis)
    counts: dict[str, float] = {}
    for piece in pieces:
        for name, count in subject.module.count(subject.tensors(piece, "float64")).items():
            counts[name] = counts.get(name, 0.0) + float(count)
    items = counts or None
    whole = values_of(subject.call(case, subject.tensors(case, "float64")))
    parts = [values_of(subject.call(p, subject.tensors(p, "float64"), num_items=items)) for p in pieces]
    roots = list(terms.values())
    bounds = subject.bounds(case, roots, subject.truth(case, roots), "float64")
    worst = Row(WHAT, f"{case.name}, {axis}", True, 0.0, max(bounds))
    for key, bound in zip(terms, bounds, strict=True):
        total = sum(p[key] for p in parts)
        off = abs(total - whole[key])
        if not off <= 2 * bound:  # both sides are rounded
            note = f"term {key[1]} is {whole[key]:.9g}, its pieces add up to {total:.9g}"
            return Row(WHAT, worst.case, False, off, 2 * bound, "", note)
        if off >= (worst.figure or 0.0):
            worst = Row(WHAT, worst.case, True, off, 2 * bound)
    return gradient(subject, case, axis, pieces, items, worst) if every else worst


def gradient(subject: Subject, case: Case, axis: str, pieces: list[Case], items: Any, row: Row) -> Row:
    """The row, failed if gradients of the pieces are not those of the whole."""
    infos = subject.program(case).inputs
    for loss in subject.totals(subject.program(case)):
        whole, _, _ = gradients(subject, case, loss)
        parts = [gradients(subject, p, loss, num_items=items)[0] for p in pieces]
        for name, grad in whole.items():
            place = infos[name].axes.index(axis) if name in infos and axis in infos[name].axes else None
            joined = sum(p[name] for p in parts) if place is None else np.concatenate([p[name] for p in parts], place)
            size = float(np.max(np.abs(grad), initial=0.0))
            off = float(np.max(np.abs(joined - grad), initial=0.0))
            single = name in subject.module.params
            bound = size * (8 * ROUNDOFF["float32"] if single else 256 * ROUNDOFF["float64"])
            if not off <= bound:
                note = f"the gradients of `{name}` in the pieces differ from that of the whole by {off:.3g}"
                return Row(WHAT, row.case, False, off, bound, "", note)
    return row


def cut(subject: Subject, case: Case, axis: str) -> list[Case]:
    """The case in pieces along an axis."""
    infos = subject.program(case).inputs
    ends = [0, *CUTS, case.sizes[axis]]
    pieces = []
    for start, stop in zip(ends, ends[1:], strict=False):
        inputs = {}
        for name, value in case.inputs.items():
            place = [slice(start, stop) if a == axis else slice(None) for a in infos[name].axes]
            inputs[name] = value[tuple(place)]
        sizes = {**case.sizes, axis: stop - start}
        pieces.append(Case(case.name, case.mode, case.seed, sizes, case.missing, inputs, case.clocks))
    return pieces
