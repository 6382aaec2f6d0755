"""The standard library and other packaged specs, found by name and read when first used."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from lossdsl.elaborate.scope import Definition, Module
from lossdsl.source.diagnostic import error
from lossdsl.source.packaged import packaged
from lossdsl.source.span import Fragment
from lossdsl.source.text import Source
from lossdsl.source.yaml_nodes import Mapping, Scalar, Sequence
from lossdsl.source.yaml_nodes import read as read_yaml
from lossdsl.spec.decode import decode
from lossdsl.spec.model import Spec

# A definition's name at the indentation of the entries of `define:`; reading the index this way is much quicker
# than reading every file of the library for one name.
ENTRY = re.compile(r"^  ([A-Za-z_]\w*)(?=[\[(:])", re.MULTILINE)
NOT_SPECS = {"conventions"}


@cache
def index() -> dict[str, tuple[Path, ...]]:
    """The files of the standard library that define each name."""
    found: dict[str, tuple[Path, ...]] = {}
    for path in sorted(packaged("specs", "std").glob("*.yaml")):
        if path.stem in NOT_SPECS:
            continue
        for name in ENTRY.findall(path.read_text(encoding="utf-8")):
            if path not in found.get(name, ()):
                found[name] = (*found.get(name, ()), path)
    return found


def module_at(path: Path) -> Module:
    stat = path.stat()
    return module_version(path, stat.st_mtime_ns, stat.st_size)


@cache
def module_version(path: Path, changed: int, size: int) -> Module:
    """The definitions of a file as it was at a time: one that is edited is read again."""
    spec = read_spec(path)
    return Module(spec.define, imports=lambda: imports_of(spec))


def imports_of(spec: Spec) -> list[Module]:
    base = None if spec.source.folder is None else Path(spec.source.folder)
    return [imported(reference, base) for reference in spec.imports]


@cache
def standard(name: str) -> tuple[Definition, ...]:
    """The overloads of a standard definition; empty if there is none of that name."""
    return tuple(d for path in index().get(name, ()) for d in module_at(path).table.get(name, ()))


def read_spec(path: Path) -> Spec:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as problem:
        raise error("LD024", "unreadable-file", f"cannot read {path}: {problem.strerror}",
                    help="check the path and the permissions of the file") from None
    except UnicodeDecodeError:
        raise error("LD024", "unreadable-file", f"{path} is not UTF-8 text", help="save it as UTF-8") from None
    return decode(Source(display_name(path), text, str(path.resolve().parent)))


def display_name(path: Path) -> str:
    """How a packaged file is named in messages: the same wherever the package is installed."""
    root = packaged("specs")
    return f"specs/{path.relative_to(root).as_posix()}" if path.is_relative_to(root) else str(path)


def imported(reference: Fragment, base: Path | None) -> Module:
    """The definitions of the spec that an `import` entry names."""
    text = reference.text
    if text.startswith(".") or Path(text).is_absolute():
        path = (base or Path.cwd()).joinpath(text)
    else:
        path = packaged("specs", *f"{text}.yaml".split("/"))
    if not path.is_file():
        raise error("LD024", "unreadable-file", f"there is no spec `{text}` to import", reference.whole,
                    help="give a path that starts with `./`, or a packaged name such as `std/contrastive`")
    return module_at(path.resolve())


def list_specs() -> list[str]:
    """The names of the packaged specs, such as "std/contrastive"."""
    root = packaged("specs")
    names = (p.relative_to(root).with_suffix("").as_posix() for p in sorted(root.rglob("*.yaml")))
    return [n for n in names if n.rpartition("/")[2] not in NOT_SPECS]


@cache
def conventions() -> tuple[dict[str, Fragment], dict[str, tuple[str, ...]]]:
    """The declarations of conventional inputs, and the conventional arguments of losses."""
    path = packaged("specs", "std", "conventions.yaml")
    root = read_yaml(Source(display_name(path), path.read_text(encoding="utf-8")))
    assert isinstance(root, Mapping)
    sections = {key.fragment.text: value for key, value in root.pairs}
    inputs, calls = sections["inputs"], sections["calls"]
    assert isinstance(inputs, Mapping) and isinstance(calls, Mapping)
    declared = {k.fragment.text: v.fragment for k, v in inputs.pairs if isinstance(v, Scalar)}
    arguments = {
        k.fragment.text: tuple(a.fragment.text for a in v.items if isinstance(a, Scalar))
        for k, v in calls.pairs
        if isinstance(v, Sequence)
    }
    return declared, arguments
