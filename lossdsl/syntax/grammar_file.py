"""Where the grammar and its parse table lie: inside an installed package, or beside it in a checkout."""

from __future__ import annotations

from pathlib import Path


def grammar_folder() -> Path:
    """The folder that holds `lossdsl.lark` and `lossdsl.table.json`."""
    package = Path(__file__).resolve().parent.parent
    installed = package / "_data" / "grammar"
    return installed if (installed / "lossdsl.lark").is_file() else package.parent / "grammar"


def grammar_file() -> Path:
    """The grammar of every one-line form of the language."""
    return grammar_folder() / "lossdsl.lark"


def table_file() -> Path:
    """The parse table computed from the grammar."""
    return grammar_folder() / "lossdsl.table.json"
