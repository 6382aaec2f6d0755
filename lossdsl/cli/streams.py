"""Standard input, and findings on a stream."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import TextIO

from lossdsl.source.diagnostic import Diagnostic


def read_stdin(name: str) -> str:
    """All of standard input, as UTF-8 whatever the locale says."""
    from lossdsl.lint.files import decode

    raw = getattr(sys.stdin, "buffer", None)
    return decode(raw.read(), name) if raw else sys.stdin.read()


def wants_color(stream: TextIO) -> bool:
    """Colours only on a terminal, and not against https://no-color.org."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def print_findings(findings: Iterable[Diagnostic], stream: TextIO) -> None:
    """Each finding with its source lines, as `lint` shows it."""
    from lossdsl.lint.render.full import blocks

    for block in blocks(findings, wants_color(stream)):
        print(block, end="\n\n", file=stream)
