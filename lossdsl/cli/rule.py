"""`lossdsl rule`."""

from __future__ import annotations

import argparse
import re
import sys

from lossdsl.cli import exit_codes
from lossdsl.cli.usage import UsageError


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("code", metavar="CODE", help="a code or name, such as LD103 or yaml-bool-key")


def run(options: argparse.Namespace) -> int:
    from lossdsl.lint.registry import all_rules, find, suggest

    rule = find(options.code)
    if rule is None and re.fullmatch(r"LD0\d\d", options.code.upper()):
        raise UsageError(
            f"{options.code} is an error of the language, which its message explains; it has no page"
        )
    if rule is None:
        names = suggest(options.code) or [f"{known.code} {known.name}" for known in all_rules()]
        raise UsageError(f"there is no rule {options.code!r}; did you mean {', '.join(names)}?")
    sys.stdout.write(rule.page())
    return exit_codes.CLEAN
