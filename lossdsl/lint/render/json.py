"""A list of objects for other programs; lines and columns from 1, ends exclusive."""

from __future__ import annotations

import json
from typing import Any

from lossdsl.lint.report import Report
from lossdsl.source.diagnostic import Diagnostic, Fix
from lossdsl.source.span import Span


def render(report: Report, color: bool) -> str:
    return json.dumps([as_object(finding) for finding in report.findings], indent=2) + "\n"


def as_object(finding: Diagnostic) -> dict[str, Any]:
    return {
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity,
        "message": finding.message,
        "help": finding.help,
        "file": finding.file,
        **place(finding.span),
        "fix": _fix(finding.fix) if finding.fix else None,
    }


def place(span: Span | None) -> dict[str, int]:
    """The four numbers of a span."""
    if span is None:
        return {"line": 1, "column": 1, "end_line": 1, "end_column": 1}
    end_line, end_column = span.source.position(span.end)
    return {"line": span.line, "column": span.column, "end_line": end_line, "end_column": end_column}


def _fix(fix: Fix) -> dict[str, Any]:
    edits = [{**place(edit.span), "text": edit.text} for edit in fix.edits]
    return {"title": fix.title, "safe": fix.safe, "edits": edits}
