"""Workflow commands, which GitHub shows as annotations of a pull request."""

from __future__ import annotations

from lossdsl.lint.render.json import place
from lossdsl.lint.report import Report
from lossdsl.source.diagnostic import Diagnostic

_COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}


def render(report: Report, color: bool) -> str:
    return "".join(f"{_command(finding)}\n" for finding in report.findings)


def _command(finding: Diagnostic) -> str:
    at = place(finding.span)
    properties = {"title": f"{finding.code} {finding.name}", "file": finding.file, "line": at["line"]}
    properties["endLine"] = at["end_line"]
    if at["line"] == at["end_line"]:  # columns are refused on several lines
        properties |= {"col": at["column"], "endColumn": at["end_column"]}
    listed = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    message = finding.message + (f"\nhelp: {finding.help}" if finding.help else "")
    return f"::{_COMMANDS[finding.severity]} {listed}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
