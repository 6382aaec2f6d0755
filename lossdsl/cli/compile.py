"""`lossdsl compile`."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from lossdsl.cli import spec_argument
from lossdsl.cli.usage import UsageError

if TYPE_CHECKING:
    from lossdsl.runtime.module import LossModule


def configure(parser: argparse.ArgumentParser) -> None:
    spec_argument.configure(parser)
    parser.add_argument("-o", "--output", metavar="FILE.py", help="write a module that does not need lossdsl")


def run(options: argparse.Namespace) -> int:
    def use(module: LossModule) -> None:
        if options.output is None:
            sys.stdout.write(module.source.rstrip("\n") + "\n")
            return
        try:
            module.export(options.output)
        except OSError as problem:
            raise UsageError(f"cannot write {options.output}: {problem.strerror or problem}") from None

    return spec_argument.with_module(options, use)
