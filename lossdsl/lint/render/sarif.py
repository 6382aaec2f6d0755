"""SARIF 2.1.0, the format of code scanning services."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

from lossdsl import __version__
from lossdsl.lint.registry import all_rules
from lossdsl.lint.render.json import place
from lossdsl.lint.report import Report
from lossdsl.source.diagnostic import Diagnostic, Edit, Fix
from lossdsl.source.span import Span

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {"error": "error", "warning": "warning", "info": "note"}


def render(report: Report, color: bool) -> str:
    names = dict(sorted((finding.code, finding.name) for finding in report.findings))
    index = {code: i for i, code in enumerate(names)}
    rules = [_rule(code, name) for code, name in names.items()]
    driver = {"name": "lossdsl", "version": __version__, "rules": rules}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, index[finding.code]) for finding in report.findings],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(code: str, name: str) -> dict[str, Any]:
    short = {"text": name.replace("-", " ")}
    described: dict[str, Any] = {"id": code, "name": name, "shortDescription": short}
    for rule in all_rules():
        if rule.code == code:
            described["fullDescription"] = {"text": rule.what.strip()}
            described["help"] = {"text": rule.page(), "markdown": rule.page()}
            described["defaultConfiguration"] = {"level": _LEVELS[rule.severity]}
    return described


def _result(finding: Diagnostic, index: int) -> dict[str, Any]:
    text = finding.message + (f"\n{finding.help}" if finding.help else "")
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": _LEVELS[finding.severity],
        "message": {"text": text},
        "locations": [_location(finding.file, finding.span)],
    }
    if finding.labels:
        result["relatedLocations"] = [_related(span, label) for span, label in finding.labels]
    if finding.fix and finding.fix.edits:
        result["fixes"] = [_fix(finding.fix)]
    return result


def _related(span: Span, label: str) -> dict[str, Any]:
    return {**_location(span.source.name, span), "message": {"text": label}}


def _location(name: str, span: Span | None) -> dict[str, Any]:
    return {"physicalLocation": {"artifactLocation": {"uri": _uri(name)}, "region": _region(span)}}


def _fix(fix: Fix) -> dict[str, Any]:
    by_file: dict[str, list[Edit]] = {}
    for edit in fix.edits:
        by_file.setdefault(edit.span.source.name, []).append(edit)
    changes = [
        {"artifactLocation": {"uri": _uri(name)}, "replacements": [_replacement(edit) for edit in edits]}
        for name, edits in by_file.items()
    ]
    return {"description": {"text": fix.title}, "artifactChanges": changes}


def _replacement(edit: Edit) -> dict[str, Any]:
    return {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.text}}


def _region(span: Span | None) -> dict[str, int]:
    at = place(span)
    return {
        "startLine": at["line"],
        "startColumn": at["column"],
        "endLine": at["end_line"],
        "endColumn": at["end_column"],
    }


def _uri(name: str) -> str:
    path = Path(name)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())
