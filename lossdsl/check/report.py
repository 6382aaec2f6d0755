"""What a check found, as rows of a table."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

SHOWN = 12  # failures in the table; the certificate has all


@dataclass(frozen=True)
class Row:
    """One comparison: what was compared, on which inputs, how far apart it was and how far it may be."""

    what: str
    case: str
    ok: bool
    figure: float | None = None
    bound: float | None = None
    unit: str = ""
    note: str = ""


@dataclass
class Report:
    """All rows; `failing` shows the inputs of the first failure, made as small as they get while it still fails."""

    name: str
    rows: list[Row] = field(default_factory=list)
    failing: str = ""
    spec_hash: str = ""
    seed: int = 0

    @property
    def ok(self) -> bool:
        return all(row.ok for row in self.rows)

    @property
    def failures(self) -> list[Row]:
        return [row for row in self.rows if not row.ok]

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        return table(self)


def table(report: Report) -> str:
    """The rows as text: those that passed summed up by what they compare, then each failure."""
    state = "ok" if report.ok else f"{len(report.failures)} of {len(report.rows)} comparisons fail"
    lines = [f"{report.name}: {state}"]
    head = ("comparison", "cases", "worst", "bound", "", "")
    body = [summary(what, rows) for what, rows in grouped(report.rows).items()]
    body += [(f"  {r.what}", r.case, number(r.figure, r.unit), number(r.bound, r.unit), "FAILS", r.note)
             for r in report.failures[:SHOWN]]  # fmt: skip
    widths = [max(len(row[i]) for row in [head, *body]) for i in range(5)]
    for row in [head, *body]:
        cells = [row[0].ljust(widths[0]), row[1].ljust(widths[1]), row[2].rjust(widths[2]), row[3].rjust(widths[3])]
        lines.append("  ".join([*cells, row[4].ljust(widths[4]), row[5]]).rstrip())
    if len(report.failures) > SHOWN:
        lines.append(f"  and {len(report.failures) - SHOWN} more")
    lines += [f"note: {note}" for note in notes(report.rows)]
    if report.failing:
        lines += ["", report.failing]
    return "\n".join(lines)


def grouped(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.what, []).append(row)
    return found


def summary(what: str, rows: list[Row]) -> tuple[str, str, str, str, str, str]:
    """One line for all cases of a comparison: the one that comes closest to its bound, or exceeds it most."""
    measured = [r for r in rows if r.figure is not None and r.bound is not None]
    worst = max(measured, key=closeness, default=rows[0])
    state = "ok" if all(r.ok for r in rows) else f"{sum(not r.ok for r in rows)} fail"
    note = f"worst at {worst.case}" if measured and len(rows) > 1 else ""
    return what, str(len(rows)), number(worst.figure, worst.unit), number(worst.bound, worst.unit), state, note


def closeness(row: Row) -> float:
    assert row.figure is not None and row.bound is not None
    if math.isnan(row.figure):
        return math.inf
    return row.figure / row.bound if row.bound else (math.inf if row.figure else 0.0)


def notes(rows: Iterable[Row]) -> list[str]:
    """What passed with a remark, each remark once."""
    found: dict[str, list[str]] = {}
    for row in rows:
        if row.ok and row.note:
            found.setdefault(f"{row.what}: {row.note}", []).append(row.case)
    return [f"{text} ({', '.join(dict.fromkeys(cases))})" for text, cases in found.items()]


def number(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    return f"{value:.3g}{' ' + unit if unit else ''}"
