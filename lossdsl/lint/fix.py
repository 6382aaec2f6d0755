"""Fixes applied as text edits, and the difference they make."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from lossdsl.lint.runner import lint_source
from lossdsl.lint.selection import Selection
from lossdsl.source.diagnostic import Diagnostic, Edit
from lossdsl.source.text import Source

_ROUNDS = 10  # a fix may uncover another finding; two that undo each other must end


@dataclass(frozen=True, slots=True)
class Fixed:
    """The text after all rounds, the findings that were mended, and those that are left."""

    text: str
    mended: tuple[Diagnostic, ...]
    left: tuple[Diagnostic, ...]


def fixable(finding: Diagnostic, unsafe: bool) -> bool:
    return finding.fix is not None and bool(finding.fix.edits) and (finding.fix.safe or unsafe)


def fix_source(source: Source, *, unsafe: bool = False, selection: Selection | None = None) -> Fixed:
    """Lint and mend until nothing changes; a round after which the spec no longer compiles is taken back."""
    selection = selection or Selection()
    findings = lint_source(source, selection)
    mended: list[Diagnostic] = []
    for _ in range(_ROUNDS):
        text, done = apply_once(source, findings, unsafe=unsafe)
        if text == source.text:
            break
        following = Source(source.name, text, source.folder)
        left = lint_source(following, selection)
        if _broken(left) and not _broken(findings):
            break
        source, findings = following, left
        mended += done
    return Fixed(source.text, tuple(mended), tuple(findings))


def apply_once(
    source: Source, findings: Iterable[Diagnostic], *, unsafe: bool = False
) -> tuple[str, list[Diagnostic]]:
    """The text after the fixes that do not touch each other, and the findings they belong to."""
    taken: list[Edit] = []
    done = []
    for finding in findings:
        if finding.fix is None or not fixable(finding, unsafe):
            continue
        edits = finding.fix.edits
        here = all(edit.span.source is source for edit in edits)  # not in an imported file
        if here and not any(_touch(edit, other) for edit in edits for other in taken):
            taken += edits
            done.append(finding)
    return apply_edits(source.text, taken), done


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """The text with edits that do not overlap, of any order."""
    for edit in sorted(edits, key=lambda edit: edit.span.start, reverse=True):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text


def unified_diff(name: str, before: str, after: str) -> str:
    """The difference as `diff -u` prints it; empty if there is none."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    lines = difflib.unified_diff(old, new, name, name)
    unended = "\n\\ No newline at end of file\n"
    return "".join(line if line.endswith("\n") else line + unended for line in lines)


def _touch(one: Edit, other: Edit) -> bool:
    if one.span.start == other.span.start:
        return True
    return one.span.start < other.span.end and other.span.start < one.span.end


def _broken(findings: Iterable[Diagnostic]) -> bool:
    return any(finding.severity == "error" for finding in findings)
