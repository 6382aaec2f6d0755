"""For people: each finding with its source lines, marks, help and fix."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lossdsl.lint.render.snippet import gutter, marks, snippet
from lossdsl.lint.render.style import paint, shown
from lossdsl.lint.report import Report
from lossdsl.source.diagnostic import Diagnostic, Edit, Fix
from lossdsl.source.span import Span
from lossdsl.source.text import Source


def render(report: Report, color: bool) -> str:
    return "".join(f"{block}\n\n" for block in blocks(report.findings, color)) + report.summary() + "\n"


def blocks(findings: Iterable[Diagnostic], color: bool) -> Iterator[str]:
    """Each finding by itself."""
    for finding in findings:
        yield "\n".join(_block(finding, color))


def _block(finding: Diagnostic, color: bool) -> Iterator[str]:
    title = paint(f"{finding.severity}[{finding.code}]", finding.severity, color)
    message = "\n".join(shown(line) for line in finding.message.splitlines())
    yield f"{title} {paint(f'{finding.name}: {message}', 'bold', color)}"
    margin = _margin(finding)
    if finding.span:
        yield from _places(finding, finding.span, margin, color)
    if finding.help or finding.fix:
        yield gutter("", margin, color) if finding.span else ""
    if finding.help:
        for line in finding.help.splitlines():
            yield f" {'':>{margin}} {paint('= help:', 'help', color)} {shown(line)}"
    if finding.fix:
        yield from _preview(finding.fix, margin, color)


def _margin(finding: Diagnostic) -> int:
    spans = [finding.span] if finding.span else []
    spans += [span for span, _ in finding.labels]
    spans += [edit.span for edit in finding.fix.edits] if finding.fix else []
    last = max((span.source.position(span.end)[0] for span in spans), default=1)
    return len(str(last + 1))


def _places(finding: Diagnostic, span: Span, margin: int, color: bool) -> Iterator[str]:
    """The finding itself, then its labels; those in other files under a head of their own."""
    others: dict[Source, list[tuple[Span, str]]] = {span.source: []}
    for place, text in finding.labels:
        others.setdefault(place.source, []).append((place, text))
    for source, labels in others.items():
        main = source is span.source
        head = span if main else labels[0][0]
        arrow = paint("-->" if main else ":::", "gutter", color)
        yield f" {'':>{margin}}{arrow} {shown(source.name)}:{head.line}:{head.column}"
        found = marks(span, "", main=True) if main else []
        found += [mark for place, text in labels for mark in marks(place, shown(text), main=False)]
        yield from snippet(source, found, margin, finding.severity, color)


def _preview(fix: Fix, margin: int, color: bool) -> Iterator[str]:
    """The lines that a fix changes, before and after."""
    safety = "" if fix.safe else " (unsafe)"
    yield f" {'':>{margin}} {paint('= fix:', 'help', color)} {shown(fix.title)}{safety}"
    if not fix.edits:
        return
    for number, sign, line in _changes(fix.edits):
        head = paint(f" {number:>{margin}} {sign}", "removed" if sign == "-" else "added", color)
        yield f"{head} {shown(line)}".rstrip()


def _changes(edits: tuple[Edit, ...]) -> Iterator[tuple[int, str, str]]:
    """Line number, `-` or `+`, and text of each changed line."""
    import difflib

    from lossdsl.lint.fix import apply_edits

    source = edits[0].span.source
    old = source.text.split("\n")
    new = apply_edits(source.text, edits).split("\n")
    first = min(edit.span.line for edit in edits) - 1
    tail = source.text.count("\n", max(edit.span.end for edit in edits))
    before, after = old[first : len(old) - tail], new[first : len(new) - tail]
    for tag, low, high, start, stop in difflib.SequenceMatcher(None, before, after, False).get_opcodes():
        if tag != "equal":
            yield from ((first + i + 1, "-", before[i].rstrip("\r")) for i in range(low, high))
            yield from ((first + i + 1, "+", after[i].rstrip("\r")) for i in range(start, stop))
