"""One line per finding: `file:line:column: LD002 [name] message`."""

from __future__ import annotations

from lossdsl.lint.render.style import paint, shown
from lossdsl.lint.report import Report
from lossdsl.source.diagnostic import Diagnostic


def render(report: Report, color: bool) -> str:
    return "".join(f"{_line(finding, color)}\n" for finding in report.findings) + report.summary() + "\n"


def _line(finding: Diagnostic, color: bool) -> str:
    place = f"{shown(finding.file)}:{finding.line}:{finding.column}:"
    message = " ".join(shown(line) for line in finding.message.splitlines())
    return f"{place} {paint(finding.code, finding.severity, color)} [{finding.name}] {message}"
