"""Values: the module in each precision against the reference, and the terms against their total."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from lossdsl.check.draw import Case
from lossdsl.check.report import Row
from lossdsl.check.rounding import ROUNDOFF, ulp
from lossdsl.check.subject import DTYPES, Subject, as_float, values_of
from lossdsl.runtime.module import LossModule

LARGEST = {"float64": 1.797e308, "float32": 3.402e38, "bfloat16": 3.402e38}


def check(subject: Subject, case: Case, compiled: LossModule | None = None) -> list[Row]:
    """Every output against the reference, in float64, float32 and bfloat16; compiled in float32 if asked for."""
    outputs = subject.outputs(subject.program(case))
    roots = list(outputs.values())
    try:
        truth = subject.truth(case, roots)
    except np.linalg.LinAlgError as problem:
        return [Row("value, float64", case.name, True, note=f"not defined here: {problem}")]
    numbers = dict(zip(outputs, map(as_float, truth.values), strict=True))
    plain = dict(zip(outputs, map(as_float, truth.plain), strict=True))
    rows = []
    known: dict[float, list[float]] = {}  # bounds, by the roundoff they are for
    # Fine numbers are none of bfloat16, and what `grad` gives is rounded to the type of its input.
    coarse = case.mode == "fine" or any(n.op == "grad" for n in subject.program(case).graph.nodes)
    runs = [(f"value, {dtype}", dtype, subject.module) for dtype in DTYPES if dtype != "bfloat16" or not coarse]
    if compiled is not None:
        runs.append(("value, compiled", "float32", compiled))
    for what, dtype, module in runs:
        try:
            actual = values_of(subject.call(case, subject.tensors(case, dtype), module))
        except Exception as problem:  # whatever torch raises is a finding
            rows.append(Row(what, case.name, False, note=f"{type(problem).__name__}: {first_line(problem)}"))
            continue
        unit = ROUNDOFF[dtype]
        if unit not in known:
            known[unit] = subject.bounds(case, roots, truth, dtype)
        bounds = dict(zip(outputs, known[unit], strict=True))
        rows.append(worst(what, case, dtype, {k: (actual[k], numbers[k], bounds[k], plain[k]) for k in outputs}))
        if what == "value, float64":
            rows.append(adding_up(case, actual))
    return rows


def worst(what: str, case: Case, dtype: str, compared: dict[Any, tuple[float, float, float, float]]) -> Row:
    """The output that comes closest to its bound or exceeds it.

    An output that is infinite in plain float64 too, though its exact value is not, is not held against the module:
    the expression itself leaves the range of numbers.
    """
    found: list[tuple[float, Row]] = []
    for (kind, name), (actual, truth, bound, plain) in compared.items():
        label = " ".join(part for part in (kind, name) if part)
        expected = truth if abs(truth) <= LARGEST[dtype] or truth != truth else math.copysign(math.inf, truth)
        if not math.isfinite(expected):
            same = actual == expected or actual != actual and expected != expected
            note = (
                f"{label} is {actual:g}, the reference {expected:g}"
                if not same
                else (
                    "NaN, as in the reference: an input is outside the domain of a function" if truth != truth else ""
                )
            )
            found.append((0.0 if same else math.inf, Row(what, case.name, same, note=note)))
            continue
        if not math.isfinite(actual) and not math.isfinite(plain):
            note = f"{label} leaves the range of {dtype}; its exact value is {truth:.6g}"
            found.append((0.0, Row(what, case.name, True, note=note)))
            continue
        unit = ulp(expected, dtype)
        error = abs(actual - expected)
        ok = error <= bound
        note = "" if ok else f"{label} is {actual:.9g}, the reference {expected:.9g}"
        closeness = math.inf if error != error else error / bound if bound else float(error > 0)
        found.append(
            (closeness if ok else 1e300 + closeness, Row(what, case.name, ok, error / unit, bound / unit, "ulp", note))
        )
    return max(found, key=lambda f: (not f[1].ok, f[0]))[1]


def adding_up(case: Case, actual: dict[Any, float]) -> Row:
    """The terms of each loss add up to its total."""
    figure, bound, ok = 0.0, 0.0, True
    for (kind, name), total in actual.items():
        if kind != "total":
            continue
        prefix = f"{name}." if name else ""
        terms = [v for (k, n), v in actual.items() if k == "term" and n.startswith(prefix)]
        if not math.isfinite(total):
            continue
        size = sum(map(abs, terms)) * ROUNDOFF["float64"]
        error = abs(math.fsum(terms) - total)
        ok = ok and error <= (len(terms) + 1) * size
        figure, bound = max(figure, error / size if size else 0.0), max(bound, len(terms) + 1.0)
    return Row("terms add up", case.name, ok, figure, bound, "ulp")


def first_line(problem: Exception) -> str:
    return (str(problem).splitlines() or ["no message"])[0][:160]
