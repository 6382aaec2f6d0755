"""`lossdsl list`."""

from __future__ import annotations

import argparse

from lossdsl.cli import exit_codes


def configure(parser: argparse.ArgumentParser) -> None:
    """No arguments of its own."""


def run(options: argparse.Namespace) -> int:
    import lossdsl

    for name in lossdsl.list_specs():
        print(name)
    return exit_codes.CLEAN
