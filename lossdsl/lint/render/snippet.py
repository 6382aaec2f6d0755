"""Source lines with a gutter and marks under the exact characters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from lossdsl.lint.render.style import paint, shown, width
from lossdsl.source.span import Span
from lossdsl.source.text import Source

_WIDEST = 160  # characters of a line that are shown; around the first mark if it is longer
_LEAD = 60


@dataclass(frozen=True, slots=True)
class Mark:
    """Characters of one line to underline, with a text behind the underline."""

    line: int
    start: int  # from 0
    end: int
    text: str
    main: bool


def marks(span: Span, text: str, main: bool) -> list[Mark]:
    """The marks of a span: one, or one on its first and one on its last line."""
    source = span.source
    end = max(span.start, len(source.text[: span.end].rstrip("\r\n")))
    first, start = source.position(span.start)
    last, stop = source.position(end)
    if first == last:
        return [Mark(first, start - 1, stop - 1, text, main)]
    line = source.line(last)
    indent = len(line) - len(line.lstrip())
    return [
        Mark(first, start - 1, len(source.line(first)), "", main),
        Mark(last, min(indent, stop - 1), stop - 1, text, main),
    ]


def snippet(source: Source, found: Iterable[Mark], margin: int, style: str, color: bool) -> Iterator[str]:
    """The marked lines in order, each with its marks below it."""
    by_line: dict[int, list[Mark]] = {}
    for mark in found:
        by_line.setdefault(mark.line, []).append(mark)
    yield gutter("", margin, color)
    previous = None
    for number in sorted(by_line):
        if previous is not None and number > previous + 1:
            yield paint("...", "gutter", color)
        previous = number
        row = sorted(by_line[number], key=lambda mark: (not mark.main, mark.start))
        yield from _line(source.line(number), number, row, margin, style, color)


def gutter(label: str, margin: int, color: bool) -> str:
    return paint(f" {label:>{margin}} |", "gutter", color)


def _line(text: str, number: int, row: list[Mark], margin: int, style: str, color: bool) -> Iterator[str]:
    low, high = _window(text, row[0].start)
    before, after = "..." if low else "", "..." if high < len(text) else ""
    yield f"{gutter(str(number), margin, color)} {before}{shown(text[low:high])}{after}".rstrip()
    for mark in row:
        start, end = max(low, min(mark.start, high)), max(low, min(mark.end, high))
        pad = " " * (len(before) + width(text[low:start]))
        line = ("^" if mark.main else "-") * max(1, width(text[start:end]))
        note = f"{line} {mark.text}".rstrip()
        yield f"{gutter('', margin, color)} {pad}{paint(note, style if mark.main else 'label', color)}"


def _window(text: str, start: int) -> tuple[int, int]:
    """The part of a line that is shown."""
    if len(text) <= _WIDEST:
        return 0, len(text)
    low = max(0, min(start - _LEAD, len(text) - _WIDEST))
    return low, low + _WIDEST
