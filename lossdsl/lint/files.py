"""Spec files on disk: finding, reading and writing them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from lossdsl.source.diagnostic import LossDSLError, error
from lossdsl.source.text import Source

BOM = "\ufeff"
_KEY = rb"""["']?lossdsl["']?[ \t]*:"""
_IS_SPEC = re.compile(rb"^(?:\xef\xbb\xbf)?" + _KEY + rb"|\A\s*\{[^}]*\b" + _KEY, re.MULTILINE)


def read(path: Path) -> Source:
    """The text of a file, named as it was asked for, its line breaks as they are."""
    try:
        data = path.read_bytes()
    except (OSError, ValueError) as problem:  # ValueError: a null character in the name
        raise _unreadable(f"cannot read {path}: {_reason(problem)}") from None
    return Source(str(path), decode(data, str(path)), str(path.parent))


def decode(data: bytes, name: str) -> str:
    """UTF-8 text without its byte order mark."""
    try:
        return data.decode("utf-8").removeprefix(BOM)
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        raise _unreadable(
            f"{name} is not UTF-8: byte 0x{data[problem.start]:02x} on line {line}", "save the file as UTF-8"
        ) from None


def write(path: Path, text: str) -> None:
    """Replace the text of a file, keeping a byte order mark it had."""
    try:
        bom = BOM if path.read_bytes().startswith(BOM.encode()) else ""
        path.write_bytes((bom + text).encode())
    except OSError as problem:
        raise _unreadable(f"cannot write {path}: {_reason(problem)}") from None


def find(path: Path) -> Iterator[Path]:
    """The file itself, or the specs below a folder: YAML files with a top-level `lossdsl:` key."""
    if not os.path.isdir(path):  # unlike Path.is_dir, never raises for an odd name
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
        advice = "a spec is a YAML file with a top-level `lossdsl:` key"
        raise _unreadable(f"no spec in the folder {path}", advice)


def looks_like_spec(text: str) -> bool:
    return bool(_IS_SPEC.search(text.encode(errors="replace")))


def _is_spec(file: Path) -> bool:
    try:
        return bool(_IS_SPEC.search(file.read_bytes()))
    except OSError:
        return True  # reading it again says why it cannot be read


def _unreadable(message: str, help: str | None = None) -> LossDSLError:  # noqa: A002 - the word users read
    return error("LD024", "unreadable-file", message, help=help)


def _reason(problem: OSError | ValueError) -> str:
    return getattr(problem, "strerror", None) or str(problem)
