"""The SPEC and --param arguments of the commands that compile."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lossdsl.cli import exit_codes
from lossdsl.cli.streams import print_findings, read_stdin
from lossdsl.cli.usage import UsageError

if TYPE_CHECKING:
    from lossdsl.runtime.module import LossModule

_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("spec", metavar="SPEC", help="a file, a packaged name such as std/contrastive, or -")
    parser.add_argument("--param", action="append", default=[], metavar="NAME=VALUE",
                        help="a parameter or option of the spec; may be repeated")  # fmt: skip


def with_module(options: argparse.Namespace, use: Callable[[LossModule], None]) -> int:
    """Load the spec and hand it on; findings go to standard error."""
    from lossdsl.source.diagnostic import LossDSLError

    try:
        use(_load(options.spec, parse_params(options.param)))
    except LossDSLError as problem:
        print_findings(problem.diagnostics, sys.stderr)
        unreadable = problem.code == "LD024" and problem.span is None  # the file itself, not one it imports
        return exit_codes.USAGE if unreadable else exit_codes.FINDINGS
    return exit_codes.CLEAN


def parse_params(given: list[str]) -> dict[str, Any]:
    """`["tau=0.1", "div=kl"]` as `{"tau": 0.1, "div": "kl"}`."""
    params = {}
    for entry in given:
        name, equals, text = entry.partition("=")
        if not equals or not name.strip():
            raise UsageError(f"--param takes NAME=VALUE, not {entry!r}")
        params[name.strip()] = _value(text.strip())
    return params


def _value(text: str) -> Any:
    if _NUMBER.fullmatch(text):
        return int(text) if text.lstrip("+-").isdigit() else float(text)
    if text in ("true", "false") or text.startswith("["):
        try:
            return json.loads(text)
        except json.JSONDecodeError:
            raise UsageError(f"cannot read {text!r} as a list") from None
    return text


def _load(spec: str, params: dict[str, Any]) -> LossModule:
    if spec != "-":
        import lossdsl

        return lossdsl.load(spec, params=params, compile=False)
    text = read_stdin("<stdin>")
    from lossdsl.runtime.module import LossModule
    from lossdsl.source.text import Source
    from lossdsl.spec.decode import decode

    return LossModule(decode(Source("<stdin>", text)), params, compile=False)
