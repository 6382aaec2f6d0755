"""Comments that silence findings: `# lossdsl: ignore[LD401] reason`."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, field

from lossdsl.lint.context import Context
from lossdsl.source.diagnostic import Diagnostic
from lossdsl.source.span import Span

_COMMENT = re.compile(r"#\s*lossdsl:\s*(?P<kind>ignore(?:-file)?)\b\s*(?:\[(?P<codes>[^\]]*)\])?[^\r\n]*")
_CODE = re.compile(r"[^\s,]+")


@dataclass(slots=True)
class Suppression:
    """One comment. `lines` are those it covers, None for the whole file, empty where it covers nothing."""

    span: Span  # from its `#` to the end of the line
    codes: tuple[tuple[str, Span], ...]  # codes or names as written
    lines: frozenset[int] | None
    whole_file: bool
    used: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)  # matched an error, which stays

    def entry_for(self, finding: Diagnostic, lines: set[int]) -> str | None:
        """The code or name in this comment that speaks of a finding whose lines are `lines`."""
        if self.lines is not None and not (self.lines & lines):
            return None
        for written, _ in self.codes:
            if written.upper() == finding.code or written.lower() == finding.name:
                return written
        return None


def collect(context: Context) -> list[Suppression]:
    """The suppressions written in the comments of a document."""
    text = context.source.text
    found = []
    leading = _first_content(context)
    for start, end in context.layout.comments:
        match = _COMMENT.search(text, start, end)
        if not match:
            continue
        whole_file = match["kind"] == "ignore-file"
        codes: tuple[tuple[str, Span], ...] = ()
        if match["codes"] is not None:
            base = match.start("codes")
            codes = tuple(
                (code[0], context.span(base + code.start(), base + code.end()))
                for code in _CODE.finditer(match["codes"])
            )
        lines: frozenset[int] | None
        if whole_file:
            lines = None if start < leading else frozenset()
        else:
            lines = _covered(context, start)
        found.append(Suppression(context.span(match.start(), end), codes, lines, whole_file))
    return found


def apply(context: Context, findings: list[Diagnostic]) -> list[Diagnostic]:
    """The findings that stay; marks in `context.suppressions` what each comment did."""
    if not context.suppressions:
        return findings
    kept = []
    for finding in findings:
        lines = _lines_of(context, finding)
        silenced = False
        for suppression in context.suppressions:
            entry = suppression.entry_for(finding, lines)
            if entry is None:
                continue
            if finding.severity == "error":
                suppression.refused.add(entry)
            else:
                suppression.used.add(entry)
                silenced = True
        if not silenced:
            kept.append(finding)
    return kept


def _first_content(context: Context) -> int:
    """Where the leading comments end."""
    scalars = context.layout.scalars
    return scalars[0].start if scalars else len(context.source.text)


def _covered(context: Context, start: int) -> frozenset[int]:
    """The line a comment stands on, or the next line with content if it stands alone."""
    source = context.source
    number = source.position(start)[0]
    if source.text[source.line_starts[number - 1] : start].strip():
        return frozenset({number})
    comment_lines = {source.position(other)[0] for other, _ in context.layout.comments}
    for following in range(number + 1, len(source.line_starts) + 1):
        line = source.line(following).lstrip()
        if line and not (line.startswith("#") and following in comment_lines):
            return frozenset({following})
    return frozenset()


def _lines_of(context: Context, finding: Diagnostic) -> set[int]:
    """The lines on which a suppression reaches a finding.

    No comment can stand inside a folded or quoted scalar, so the first line of the scalar and the line of its
    key count too.
    """
    if finding.span is None or finding.span.source is not context.source:
        return set()
    lines = {finding.line}
    scalars = context.layout.scalars
    at = bisect_left([scalar.start for scalar in scalars], finding.span.start + 1) - 1
    if at >= 0 and finding.span.start < scalars[at].end:
        lines.add(context.source.position(scalars[at].start)[0])
        if not scalars[at].is_key and at > 0 and scalars[at - 1].is_key:
            lines.add(context.source.position(scalars[at - 1].start)[0])
    return lines
