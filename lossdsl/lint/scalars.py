"""The scalars and comments of a YAML text with their places, also of a text that is broken further down."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import yaml

from lossdsl.source.yaml_nodes import LOADER, MAX_BYTES, MAX_DEPTH, MAX_NODES

Path = tuple["str | int", ...]

_HASH = re.compile(r"(?:^|(?<=[ \t]))#", re.MULTILINE)
_LINE_END = re.compile(r"\r?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Scalar:
    """A scalar as written at `text[start:end]`; `path` leads to it, for a key to the value it names."""

    path: Path
    value: str
    style: str  # "" (plain), "'", '"', "|" or ">"
    start: int
    end: int
    is_key: bool
    in_flow: bool

    @property
    def plain(self) -> bool:
        return self.style == ""


@dataclass(slots=True)
class _Frame:
    path: Path
    mapping: bool
    flow: bool
    key: str | int | None = None
    count: int = 0
    awaits_key: bool = True

    def child(self) -> tuple[Path, bool]:
        """The path of the next node and whether that node is a key."""
        if not self.mapping:
            self.count += 1
            return (*self.path, self.count - 1), False
        is_key = self.awaits_key
        self.awaits_key = not is_key
        return (self.path if is_key else (*self.path, self.key if self.key is not None else "")), is_key


@dataclass(frozen=True, slots=True)
class Layout:
    """Scalars and comments of one text, in order."""

    scalars: tuple[Scalar, ...]
    comments: tuple[tuple[int, int], ...]  # start and end of each


def layout(text: str) -> Layout:
    """What can be read of `text`; reading stops at the first YAML error, and at the limits of the decoder."""
    if len(text) > MAX_BYTES:
        return Layout((), ())
    scalars = tuple(islice(_scalars(text), MAX_NODES))
    return Layout(scalars, tuple(_comments(text, scalars)))


def _scalars(text: str) -> Iterator[Scalar]:
    stack: list[_Frame] = []
    # Events rather than nodes: no recursion, and what precedes an error is still seen.
    events: Iterator[Any] = yaml.parse(text, Loader=LOADER)
    try:
        for event in events:
            if isinstance(event, yaml.CollectionEndEvent):
                stack.pop()
                continue
            if not isinstance(event, yaml.NodeEvent):
                continue
            parent = stack[-1] if stack else None
            path, is_key = parent.child() if parent else ((), False)
            if parent and is_key:
                parent.key = event.value if isinstance(event, yaml.ScalarEvent) else None
            if isinstance(event, yaml.CollectionStartEvent):
                if len(stack) >= MAX_DEPTH:
                    return
                flow = bool(event.flow_style)
                stack.append(_Frame(path, isinstance(event, yaml.MappingStartEvent), flow))
            elif isinstance(event, yaml.ScalarEvent):
                if is_key:
                    path = (*path, event.value)
                start, end = _place(event)
                in_flow = any(frame.flow for frame in stack)
                yield Scalar(path, event.value, event.style or "", start, end, is_key, in_flow)
    except (yaml.YAMLError, UnicodeError):
        return


def _place(event: Any) -> tuple[int, int]:
    return event.start_mark.index, event.end_mark.index


def _comments(text: str, scalars: tuple[Scalar, ...]) -> Iterator[tuple[int, int]]:
    starts = [scalar.start for scalar in scalars]
    at = 0
    while match := _HASH.search(text, at):
        start = match.start()
        before = bisect_right(starts, start) - 1
        if before >= 0 and start < scalars[before].end and not _on_header(text, scalars[before], start):
            at = start + 1
            continue
        line_end = _LINE_END.search(text, start)
        at = line_end.start() if line_end else len(text)
        yield start, at


def _on_header(text: str, scalar: Scalar, offset: int) -> bool:
    """Is `offset` on the line of the indicator of a block scalar, where a comment is allowed?"""
    return scalar.style in ("|", ">") and "\n" not in text[scalar.start : offset]
