"""`lossdsl demo`."""

from __future__ import annotations

import argparse


def configure(parser: argparse.ArgumentParser) -> None:
    """The demo reads its own arguments."""


def run(options: argparse.Namespace) -> int:
    from lossdsl.integrations.demo import main

    return main(options.arguments)
