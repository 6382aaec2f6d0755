"""The grammar and the parse table computed from it."""

from __future__ import annotations

from pathlib import Path

from lossdsl.source.packaged import packaged


def grammar_file() -> Path:
    """The grammar of every one-line form of the language."""
    return packaged("grammar", "lossdsl.lark")


def table_file() -> Path:
    """What `python -m lossdsl.syntax.table` wrote."""
    return packaged("grammar", "lossdsl.table.json")
