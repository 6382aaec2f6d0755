"""Spec files on disk: finding, reading and writing them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from lossdsl.source.diagnostic import Diagnostic, LossDSLError
from lossdsl.source.text import Source

_BOM = "\ufeff"
_KEY = rb"""["']?lossdsl["']?[ \t]*:"""
_IS_SPEC = re.compile(rb"^(?:\xef\xbb\xbf)?" + _KEY + rb"|\A\s*\{[^}]*\b" + _KEY, re.MULTILINE)


class UnreadableError(LossDSLError):
    """Input that cannot be read at all: a missing file, a folder without specs, bytes that are not UTF-8."""

    def __init__(self, message: str, help: str | None = None) -> None:  # noqa: A002 - the word users read
        super().__init__(Diagnostic("LD010", "unreadable-input", "error", message, None, help))


def read(path: Path) -> Source:
    """The text of a file, named as it was asked for, its line breaks as they are."""
    try:
        data = path.read_bytes()
    except (OSError, ValueError) as problem:  # ValueError: a null character in the name
        raise UnreadableError(f"cannot read {path}: {_reason(problem)}") from None
    return Source(str(path), decode(data, str(path)))


def decode(data: bytes, name: str) -> str:
    """UTF-8 text without its byte order mark."""
    try:
        return data.decode("utf-8").removeprefix(_BOM)
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        raise UnreadableError(
            f"{name} is not UTF-8: byte 0x{data[problem.start]:02x} on line {line}", "save the file as UTF-8"
        ) from None


def write(path: Path, text: str) -> None:
    """Replace the text of a file, keeping a byte order mark it had."""
    try:
        bom = _BOM if path.read_bytes().startswith(_BOM.encode()) else ""
        path.write_bytes((bom + text).encode())
    except OSError as problem:
        raise UnreadableError(f"cannot write {path}: {_reason(problem)}") from None


def find(path: Path) -> Iterator[Path]:
    """The file itself, or the specs below a folder: YAML files with a top-level `lossdsl:` key."""
    if not path.is_dir():
        yield path
        return
    found = False
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            file = Path(folder, name)
            if file.suffix in (".yaml", ".yml") and _is_spec(file):
                found = True
                yield file
    if not found:
        raise UnreadableError(f"no spec in the folder {path}", "a spec is a YAML file with a top-level `lossdsl:` key")


def looks_like_spec(text: str) -> bool:
    return bool(_IS_SPEC.search(text.encode(errors="replace")))


def _is_spec(file: Path) -> bool:
    try:
        return bool(_IS_SPEC.search(file.read_bytes()))
    except OSError:
        return True  # reading it again says why it cannot be read


def _reason(problem: OSError | ValueError) -> str:
    return getattr(problem, "strerror", None) or str(problem)
