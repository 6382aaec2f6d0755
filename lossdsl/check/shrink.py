"""A failing case made smaller while it still fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np

from lossdsl.check.draw import Case, case
from lossdsl.check.report import Row
from lossdsl.check.subject import Subject

TRIES = 24


def smallest(subject: Subject, check: Callable[[Subject, Case], list[Row]], start: Case, row: Row) -> str:
    """The failure in words, with the inputs after halving each axis as long as the same comparison fails."""
    best, found, tries = start, row, 0
    shrunk = True
    while shrunk and tries < TRIES:
        shrunk = False
        for axis, size in best.sizes.items():
            if size <= 1:
                continue
            tries += 1
            smaller = case(subject.program(start), start.name, start.mode, start.seed,
                           {**best.sizes, axis: size // 2}, start.missing, start.positive)  # fmt: skip
            again = fails(subject, check, smaller, row)
            if again is not None:
                best, found, shrunk = smaller, again, True
    lines = [f"smallest failing inputs of `{found.what}` at {found.case}:", *shown(best.inputs.items())]
    if found.note:
        lines.append(f"  {found.note}")
    return "\n".join(lines)


def fails(subject: Subject, check: Callable[[Subject, Case], list[Row]], case: Case, row: Row) -> Row | None:
    """The row of the same comparison if it fails on this case too."""
    try:
        return next((r for r in check(subject, case) if r.what == row.what and not r.ok), None)
    except Exception:  # a size that the spec does not allow
        return None


def shown(inputs: Iterable[tuple[str, np.ndarray]]) -> list[str]:
    return [f"  {name} = {np.array2string(np.asarray(v), separator=', ', threshold=60, prefix=f'  {name} = ')}"
            for name, v in inputs]  # fmt: skip
