"""The outcome of linting some files, as the renderers take it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from lossdsl.source.diagnostic import Diagnostic

_SEVERITIES = ("error", "warning", "info")


@dataclass(frozen=True, slots=True)
class Report:
    """`files` are all that were read, clean ones too; `fixed` counts the findings already mended."""

    findings: Sequence[Diagnostic]
    files: Sequence[str] = ()
    fixed: int = 0

    def summary(self) -> str:
        """`2 errors, 1 warning in 3 files (1 fixable with --fix)`."""
        counts = Counter(finding.severity for finding in self.findings)
        parts = [plural(counts[severity], severity) for severity in _SEVERITIES if counts[severity]]
        text = f"{', '.join(parts) or 'no findings'} in {plural(len(self.files), 'file')}"
        notes = [f"{self.fixed} fixed"] if self.fixed else []
        fixes = [finding.fix.safe for finding in self.findings if finding.fix]
        if safe := sum(fixes):
            notes.append(f"{safe} fixable with --fix")
        if unsafe := len(fixes) - sum(fixes):
            notes.append(f"{unsafe} {'more' if safe else 'fixable'} with --unsafe-fixes")
        return f"{text} ({', '.join(notes)})" if notes else text


def plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
