"""Findings as values: what is wrong, where, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lossdsl.source.span import Span


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the text under `span` by `text`."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits that mend a finding; `safe` when value and gradient stay equal in exact arithmetic."""

    title: str
    edits: tuple[Edit, ...]
    safe: bool


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding. `labels` are further places that explain it."""

    code: str
    name: str
    severity: str  # "error", "warning" or "info"
    message: str
    span: Span | None
    help: str | None = None
    labels: tuple[tuple[Span, str], ...] = ()
    fix: Fix | None = None

    @property
    def line(self) -> int:
        return self.span.line if self.span else 1

    @property
    def column(self) -> int:
        return self.span.column if self.span else 1

    @property
    def file(self) -> str:
        return self.span.source.name if self.span else "<call>"

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}: " if self.span else ""
        tail = f"\n  help: {self.help}" if self.help else ""
        return f"{place}{self.code} {self.message}{tail}"


class LossDSLError(Exception):
    """A spec or a call that cannot be accepted.

    `diagnostics` holds every finding; `code`, `span`, `message` and `help` are those of the first.
    """

    def __init__(self, diagnostics: Diagnostic | Iterable[Diagnostic]) -> None:
        found = (diagnostics,) if isinstance(diagnostics, Diagnostic) else tuple(diagnostics)
        self.diagnostics = found
        super().__init__("\n".join(map(str, found)))

    @property
    def code(self) -> str:
        return self.diagnostics[0].code

    @property
    def message(self) -> str:
        return self.diagnostics[0].message

    @property
    def span(self) -> Span | None:
        return self.diagnostics[0].span

    @property
    def help(self) -> str | None:
        return self.diagnostics[0].help


def error(
    code: str,
    name: str,
    message: str,
    span: Span | None = None,
    *,
    help: str | None = None,  # noqa: A002 - the word users read
    labels: tuple[tuple[Span, str], ...] = (),
    fix: Fix | None = None,
) -> LossDSLError:
    """The exception for one finding of severity error."""
    return LossDSLError(Diagnostic(code, name, "error", message, span, help, labels, fix))
