"""`lossdsl check`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lossdsl.cli import exit_codes, spec_argument
from lossdsl.cli.streams import print_findings, read_stdin
from lossdsl.cli.usage import UsageError

if TYPE_CHECKING:
    from lossdsl.check.report import Report


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("specs", nargs="+", metavar="SPEC", help="a file, a packaged name, or -")
    parser.add_argument("--param", action="append", default=[], metavar="NAME=VALUE",
                        help="a parameter or option of the specs that have it; may be repeated")  # fmt: skip
    parser.add_argument("--compiled", action="store_true", help="also run the loss through torch.compile")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="where the drawing of inputs starts")
    parser.add_argument("--certificate", metavar="FILE", help="write what was found as JSON")


def run(options: argparse.Namespace) -> int:
    from lossdsl.source.diagnostic import LossDSLError

    params = spec_argument.parse_params(options.param)
    reports: list[Report] = []
    status = exit_codes.CLEAN
    for name in options.specs:
        try:
            report = _check(name, params, options)
        except LossDSLError as problem:
            print_findings(problem.diagnostics, sys.stderr)
            unreadable = problem.code == "LD024" and problem.span is None  # the file itself, not one it imports
            status = max(status, exit_codes.USAGE if unreadable else exit_codes.FINDINGS)
            continue
        if reports:
            print()
        print(report)
        reports.append(report)
        status = max(status, exit_codes.CLEAN if report.ok else exit_codes.FINDINGS)
    if options.certificate is not None:
        _certify(reports, Path(options.certificate))
    return status


def _check(name: str, params: dict[str, Any], options: argparse.Namespace) -> Report:
    from lossdsl.api import find_spec
    from lossdsl.check import check
    from lossdsl.source.text import Source
    from lossdsl.spec.decode import decode

    spec = decode(Source("<stdin>", read_stdin("<stdin>"))) if name == "-" else find_spec(name)
    if len(options.specs) > 1:
        params = {k: v for k, v in params.items() if k in spec.params or k in spec.options}
    return check(spec, params, compiled=options.compiled, seed=options.seed)


def _certify(reports: list[Report], path: Path) -> None:
    from lossdsl.check import certificate

    try:
        certificate.write(reports, path)
    except OSError as problem:
        raise UsageError(f"cannot write {path}: {problem.strerror or problem}") from None
