"""`lossdsl explain`."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from lossdsl.cli import spec_argument

if TYPE_CHECKING:
    from lossdsl.runtime.module import LossModule


def configure(parser: argparse.ArgumentParser) -> None:
    spec_argument.configure(parser)
    parser.add_argument("--latex", action="store_true", help="print the formula in LaTeX")


def run(options: argparse.Namespace) -> int:
    def use(module: LossModule) -> None:
        text = module.explain(latex=True) if options.latex else module.explain()
        sys.stdout.write(text.rstrip("\n") + "\n")

    return spec_argument.with_module(options, use)
