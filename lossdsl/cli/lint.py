"""`lossdsl lint`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from lossdsl.cli import exit_codes
from lossdsl.cli.streams import print_findings, read_stdin, wants_color
from lossdsl.cli.usage import UsageError

if TYPE_CHECKING:
    from lossdsl.lint.report import Report
    from lossdsl.lint.selection import Selection
    from lossdsl.source.text import Source


def configure(parser: argparse.ArgumentParser) -> None:
    from lossdsl.lint.render import FORMATS

    parser.add_argument("paths", nargs="+", metavar="PATH", help="a spec, a folder, or - for standard input")
    parser.add_argument("--format", choices=FORMATS, default="full", help="how findings are printed")
    chosen = "only these codes, beginnings of codes, or names (errors are always shown)"
    parser.add_argument("--select", action="append", default=[], metavar="CODES", help=chosen)
    parser.add_argument("--ignore", action="append", default=[], metavar="CODES", help="all but these rules")
    parser.add_argument("--fix", action="store_true", help="apply the fixes that keep value and gradient")
    parser.add_argument("--unsafe-fixes", action="store_true", help="apply all fixes")
    parser.add_argument("--diff", action="store_true", help="show what would be fixed, and change nothing")
    parser.add_argument("--stdin-filename", default="<stdin>", metavar="NAME", help="the name to show for -")


def run(options: argparse.Namespace) -> int:
    from lossdsl.lint import files
    from lossdsl.source.text import Source

    this = _Run(options, _selection(options))
    for path in options.paths:
        if path == "-":
            name = options.stdin_filename
            with this.noting_unreadable():
                this.lint(Source(name, read_stdin(name)), from_stdin=True)
            continue
        with this.noting_unreadable():
            for file in files.find(Path(path)):
                with this.noting_unreadable():
                    this.lint(files.read(file))
    return this.finish()


class _Run:
    """What happened to the files so far."""

    def __init__(self, options: argparse.Namespace, selection: Selection) -> None:
        from lossdsl.source.diagnostic import Diagnostic

        self.options = options
        self.selection = selection
        self.mend = options.fix or options.unsafe_fixes or options.diff
        self.findings: list[Diagnostic] = []
        self.files: list[str] = []
        self.fixed = 0
        self.changed = False
        self.unreadable = False
        self.stdout_taken = options.diff

    @contextmanager
    def noting_unreadable(self) -> Iterator[None]:
        """One file that cannot be read does not keep the others from being linted."""
        from lossdsl.source.diagnostic import LossDSLError

        try:
            yield
        except LossDSLError as problem:
            self.unreadable = True
            print_findings(problem.diagnostics, sys.stderr)

    def lint(self, source: Source, from_stdin: bool = False) -> None:
        from lossdsl.lint.runner import lint_source

        if source.name in self.files:
            return
        self.files.append(source.name)
        if self.mend:
            self._mend(source, from_stdin)
        else:
            self.findings += lint_source(source, self.selection)

    def _mend(self, source: Source, from_stdin: bool) -> None:
        from lossdsl.lint import files
        from lossdsl.lint.fix import fix_source, unified_diff

        fixed = fix_source(source, unsafe=self.options.unsafe_fixes, selection=self.selection)
        self.findings += fixed.left
        self.fixed += len(fixed.mended)
        self.changed = self.changed or fixed.text != source.text
        if self.options.diff:
            sys.stdout.write(unified_diff(source.name, source.text, fixed.text))
        elif from_stdin:
            self.stdout_taken = True  # by the mended text
            sys.stdout.write(fixed.text)
        elif fixed.text != source.text:
            files.write(Path(source.name), fixed.text)

    def finish(self) -> int:
        from lossdsl.lint.report import Report, plural

        if self.options.diff:
            print(f"{plural(self.fixed, 'finding')} would be fixed", file=sys.stderr)
        elif self.files:
            self._show(Report(self.findings, self.files, self.fixed))
        if self.unreadable:
            return exit_codes.USAGE
        counted = any(finding.severity != "info" for finding in self.findings)
        return exit_codes.FINDINGS if counted or (self.options.diff and self.changed) else exit_codes.CLEAN

    def _show(self, report: Report) -> None:
        from lossdsl.lint.render import render

        stream = sys.stderr if self.stdout_taken else sys.stdout
        stream.write(render(report, self.options.format, color=wants_color(stream)))


def _selection(options: argparse.Namespace) -> Selection:
    from lossdsl.lint.selection import Selection, unknown

    lists = []
    for option in (options.select, options.ignore):
        entries = [entry.strip() for given in option for entry in given.split(",") if entry.strip()]
        for entry in entries:
            if unknown(entry):
                raise UsageError(f"there is no rule {entry!r}{_did_you_mean(entry)}")
        lists.append(tuple(entries))
    return Selection(*lists)


def _did_you_mean(entry: str) -> str:
    from lossdsl.lint.registry import suggest

    names = suggest(entry)
    return f"; did you mean {' or '.join(names)}?" if names else ""
