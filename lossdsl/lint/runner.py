"""From a document to its findings: decode, type, run the rules, apply the suppressions."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from lossdsl.lint import files, suppress
from lossdsl.lint.context import Context
from lossdsl.lint.registry import all_rules
from lossdsl.lint.selection import Selection
from lossdsl.source.diagnostic import Diagnostic, LossDSLError
from lossdsl.source.span import Span
from lossdsl.source.text import Source

_EVERYTHING = Selection()


def lint(path_or_text: str | Path) -> list[Diagnostic]:
    """The findings in a file, a folder, or a text."""
    if isinstance(path_or_text, str):
        if "\n" in path_or_text:
            return lint_text(path_or_text)
        if not os.path.exists(path_or_text) and files.looks_like_spec(path_or_text):
            return lint_text(path_or_text)
    return lint_path(Path(path_or_text))


def lint_path(path: str | Path, selection: Selection = _EVERYTHING) -> list[Diagnostic]:
    """The findings in a file, or in all specs below a folder."""
    return [found for file in files.find(Path(path)) for found in lint_source(files.read(file), selection)]


def lint_text(text: str, name: str = "<string>", selection: Selection = _EVERYTHING) -> list[Diagnostic]:
    """The findings in a text; `name` stands for its file."""
    return lint_source(Source(name, text.removeprefix(files.BOM)), selection)


def lint_source(source: Source, selection: Selection = _EVERYTHING) -> list[Diagnostic]:
    """The findings in one document, sorted by place."""
    context = Context(source, selection)
    findings = _compile(context)
    reached = {"text"}
    reached |= {"spec"} if context.spec is not None else set()
    reached |= {"program"} if context.program is not None else set()
    findings += _check(context, reached)
    context.complete = not any(found.severity == "error" for found in findings)
    context.suppressions = suppress.collect(context)
    findings = suppress.apply(context, findings)
    if context.suppressions:
        findings += _check(context, {"suppressions"})
    return _in_order(found for found in findings if selection.keeps(found))


def _compile(context: Context) -> list[Diagnostic]:
    """What the compiler itself finds; fills in the stages that were reached."""
    from lossdsl.elaborate.program import analyse
    from lossdsl.spec.decode import decode

    try:
        context.spec = decode(context.source)
        context.program, found = analyse(context.spec)
    except LossDSLError as problem:
        found = list(problem.diagnostics)
    start = Span(context.source, 0, 0)
    return [one if one.span else replace(one, span=start) for one in found]


def _check(context: Context, stages: set[str]) -> list[Diagnostic]:
    return [found for rule in all_rules() if rule.needs in stages for found in rule.check(context)]


def _in_order(findings: Iterable[Diagnostic]) -> list[Diagnostic]:
    unique = {(d.code, d.file, d.span and (d.span.start, d.span.end), d.message): d for d in findings}
    return sorted(unique.values(), key=lambda d: (d.file, d.line, d.column, d.code, d.message))
