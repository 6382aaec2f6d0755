"""All checks of one spec, in order."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lossdsl.api import find_spec
from lossdsl.check import dead, examples, gradients, masked, pieces, updates, values
from lossdsl.check.draw import Case, cases
from lossdsl.check.report import Report, Row
from lossdsl.check.shrink import smallest
from lossdsl.check.subject import Subject, as_float
from lossdsl.elaborate.options import PLACEHOLDERS
from lossdsl.source.diagnostic import error
from lossdsl.spec.model import Spec

Check = Callable[[Subject, Case], list[Row]]

MASKING = {"ordinary", "fine", "a row masked", "all masked"}
CUT = {"ordinary", "a row masked", "all masked"}


def run(spec: str | Path | Mapping[str, Any] | Spec, params: Mapping[str, Any], compiled: bool, seed: int) -> Report:
    """Values, gradients, masks, micro-batches and examples. Raises LossDSLError if the spec does not compile."""
    decoded = spec if isinstance(spec, Spec) else find_spec(spec)
    if not decoded.losses:
        raise error(
            "LD010",
            "missing-field",
            f"`{decoded.name}` has definitions but no loss to check",
            help="check a spec that uses them",
        )
    given = with_placeholders(decoded, params)
    subject = Subject(decoded, given)
    digest = hashlib.sha256(decoded.source.text.encode()).hexdigest()
    report = Report(decoded.name or "loss", spec_hash=digest, seed=seed)
    module = subject.compiled() if compiled else None
    checks: list[tuple[Check, set[str] | None]] = [
        (lambda s, c: values.check(s, c, module), None),
        (gradients.check, None),
        (masked.check, MASKING),
        (pieces.check, CUT),
        (updates.check, MASKING),
    ]
    drawn = suitable(subject, seed)
    for check, modes in checks:
        for case in drawn:
            if modes is None or case.mode in modes and case.sizes == drawn[0].sizes:
                failed(report, subject, check, case)
    if report.ok:
        report.rows += dead.check(subject, [c for c in drawn if c.mode in ("ordinary", "fine")])
    report.rows += examples.check(decoded, given)
    return report


def with_placeholders(spec: Spec, params: Mapping[str, Any]) -> dict[str, Any]:
    """The params given, and something sensible for each that is required and was not."""
    found = {n: PLACEHOLDERS[p.required] for n, p in spec.params.items() if p.required is not None}
    return {**found, **params}


def suitable(subject: Subject, seed: int) -> list[Case]:
    """The cases; with positive numbers if the loss is not defined at ordinary ones, as a log is not."""
    drawn = cases(subject.module.program, seed)
    totals = list(subject.totals(subject.module.program).values())
    try:
        found = subject.truth(drawn[0], totals).plain
    except np.linalg.LinAlgError:
        return drawn
    if all(math.isfinite(as_float(v)) for v in found):
        return drawn
    return cases(subject.module.program, seed, positive=True)


def failed(report: Report, subject: Subject, check: Check, case: Case) -> None:
    """Add the rows of a case; show the first one that fails on the smallest inputs that still make it fail."""
    rows = check(subject, case)
    report.rows += rows
    bad = [row for row in rows if not row.ok]
    if bad and not report.failing:
        report.failing = smallest(subject, check, case, bad[0])
