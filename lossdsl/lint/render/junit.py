"""JUnit XML, which build servers show as tests: a finding is a failed one, a clean file a passed one."""

from __future__ import annotations

import re
from itertools import groupby
from xml.sax.saxutils import escape, quoteattr

from lossdsl.lint.report import Report
from lossdsl.source.diagnostic import Diagnostic

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(report: Report, color: bool) -> str:
    by_file: dict[str, list[Diagnostic]] = {name: [] for name in report.files}
    for name, findings in groupby(report.findings, key=lambda finding: finding.file):
        by_file.setdefault(name, []).extend(findings)
    suites = "".join(_suite(name, findings) for name, findings in by_file.items())
    tests = sum(max(1, len(findings)) for findings in by_file.values())
    failures = sum(_failed(finding) for finding in report.findings)
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return f'{head}<testsuites name="lossdsl" tests="{tests}" failures="{failures}">\n{suites}</testsuites>\n'


def _suite(name: str, findings: list[Diagnostic]) -> str:
    failures = sum(map(_failed, findings))
    cases = "".join(_case(name, finding) for finding in findings)
    cases = cases or f'    <testcase name="lossdsl" classname={_attribute(name)}/>\n'
    counts = f'tests="{max(1, len(findings))}" failures="{failures}"'
    return f"  <testsuite name={_attribute(name)} {counts}>\n{cases}  </testsuite>\n"


def _case(name: str, finding: Diagnostic) -> str:
    title = _attribute(f"{finding.code} {finding.name}")
    text = f"line {finding.line}, column {finding.column}: {finding.message}"
    if finding.help:
        text += f"\nhelp: {finding.help}"
    if _failed(finding):
        kind = f"failure type={_attribute(finding.severity)} message={_attribute(finding.message)}"
        body = f"<{kind}>{_text(text)}</failure>"
    else:
        body = f"<system-out>{_text(text)}</system-out>"
    place = f'line="{finding.line}" column="{finding.column}"'
    return f"    <testcase name={title} classname={_attribute(name)} {place}>{body}</testcase>\n"


def _failed(finding: Diagnostic) -> bool:
    return finding.severity != "info"


def _text(text: str) -> str:
    return escape(_NOT_XML.sub("\ufffd", text))


def _attribute(text: str) -> str:
    return quoteattr(_NOT_XML.sub("\ufffd", text), {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"})
