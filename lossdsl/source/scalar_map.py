"""For every character of a decoded YAML scalar, the place in the file where it was written."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from lossdsl.source.span import Fragment, Span
from lossdsl.source.text import Source

BREAK = r"(?:\r\n|[\n\r\x85\u2028\u2029])"
_BREAK = re.compile(BREAK)
# The lookbehinds start a match only where blanks start, else a long run of blanks would take quadratic time.
_FOLD = re.compile(rf"(?:(?<![ \t])|(?<=\\[ \t]))[ \t]*{BREAK}(?:[ \t]*{BREAK})*[ \t]*")
_SINGLE = re.compile(rf"(?P<fold>{_FOLD.pattern})|(?P<quote>'')")
_DOUBLE = re.compile(
    rf"(?P<joined>\\{BREAK}(?:[ \t]*{BREAK})*[ \t]*)"
    r"|(?P<code>\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}))"
    rf"|(?P<escape>\\.)|(?P<fold>{_FOLD.pattern})"
)
_ESCAPES = dict(zip('0abt\tnvfre "/\\N_LP', '\0\a\b\t\t\n\v\f\r\x1b "/\\\x85\xa0\u2028\u2029', strict=True))
_HEADER = re.compile(rf"[|>](?:(?P<chomp>[+-])|(?P<width>[1-9])){{0,2}}[^\n\r\x85\u2028\u2029]*(?:{BREAK}|$)")
_LINE = re.compile(rf"(?P<text>[^\n\r\x85\u2028\u2029]*)(?P<end>{BREAK}|$)")


class _Map:
    """Decoded text under construction."""

    def __init__(self, raw: str, offset: int) -> None:
        self.raw, self.offset = raw, offset
        self.parts: list[str] = []
        self.starts: list[int] = []
        self.ends: list[int] = []

    def copy(self, start: int, end: int) -> None:
        """Characters that stand for themselves."""
        self.parts.append(self.raw[start:end])
        self.starts.extend(range(self.offset + start, self.offset + end))
        self.ends.extend(range(self.offset + start + 1, self.offset + end + 1))

    def put(self, char: str, start: int, end: int) -> None:
        """One character that was written otherwise."""
        self.parts.append(char)
        self.starts.append(self.offset + start)
        self.ends.append(self.offset + end)

    def breaks(self, start: int, end: int, first: int = 0) -> None:
        """The line breaks in a stretch of blanks, the first ones left out."""
        for match in list(_BREAK.finditer(self.raw, start, end))[first:]:
            self.put(_normal(match.group()), match.start(), match.end())

    def fold(self, start: int, end: int) -> None:
        """A line break in flow text: a blank, unless empty lines follow, which then stand for themselves."""
        found = list(_BREAK.finditer(self.raw, start, end))
        if _normal(found[0].group()) != "\n":
            self.breaks(start, end)
        elif len(found) > 1:
            self.breaks(start, end, 1)
        else:
            self.put(" ", start, end)


def _normal(line_break: str) -> str:
    return line_break if line_break in "\u2028\u2029" else "\n"


def _flow(result: _Map, pattern: re.Pattern[str], start: int, end: int) -> None:
    at = start
    for match in pattern.finditer(result.raw, start, end):
        first, last = match.span()
        result.copy(at, first)
        at, kind, text = last, match.lastgroup, match.group()
        if kind == "quote":
            result.put("'", first, last)
        elif kind == "escape":
            result.put(_ESCAPES[text[1]], first, last)
        elif kind == "code":
            result.put(chr(int(text[2:], 16)), first, last)
        elif kind == "joined":
            result.breaks(first, last, 1)
        else:
            result.fold(first, last)
    result.copy(at, end)


def _plain(result: _Map, indent: int) -> None:
    _flow(result, _FOLD, 0, len(result.raw))


def _single(result: _Map, indent: int) -> None:
    _flow(result, _SINGLE, 1, len(result.raw) - 1)


def _double(result: _Map, indent: int) -> None:
    _flow(result, _DOUBLE, 1, len(result.raw) - 1)


def _lines(raw: str, start: int) -> list[tuple[int, int, int]]:
    """Start, end of the text and end of the break of each line from `start`."""
    found = []
    while start < len(raw):
        match = _LINE.match(raw, start)
        assert match
        found.append((start, match.end("text"), match.end()))
        start = match.end()
    return found


def _block(result: _Map, indent: int) -> None:
    """Literal and folded blocks; `indent` is the column of the block collection around them, or -1."""
    raw = result.raw
    header = _HEADER.match(raw)
    assert header
    lines = _lines(raw, header.end())
    margin = max(indent, 0) + int(header["width"]) if header["width"] else _margin(raw, lines, indent)

    folded = raw[0] == ">"
    pending: list[tuple[int, int]] = []  # breaks since the last line with text
    after_text = before_blank = False
    for start, end, stop in lines:
        left = start
        while left < end and left - start < margin and raw[left] == " ":
            left += 1
        if left == end and left - start < margin or left - start == margin and left == end:
            if stop > end:
                pending.append((end, stop))
            continue
        if left - start < margin:
            break  # a comment, or text of what follows
        _between(result, pending, folded and after_text and not before_blank and raw[left] not in " \t")
        before_blank, after_text = raw[left] in " \t", True
        result.copy(left, end)
        pending = [(end, stop)] if stop > end else []
    chomp = header["chomp"]
    kept = pending if chomp == "+" else pending[: 1 if after_text else 0] if chomp != "-" else []
    _between(result, kept, False)


def _margin(raw: str, lines: list[tuple[int, int, int]], indent: int) -> int:
    deepest = 0
    for start, end, _ in lines:
        left = start
        while left < end and raw[left] == " ":
            left += 1
        deepest = max(deepest, left - start)
        if left < end:
            break
    return max(deepest, indent + 1, 1)


def _between(result: _Map, breaks: Sequence[tuple[int, int]], folded: bool) -> None:
    """The breaks between two lines of a block, `folded` into a blank if there is but one."""
    if folded and breaks and _normal(result.raw[breaks[0][0] : breaks[0][1]]) == "\n":
        if len(breaks) == 1:
            result.put(" ", *breaks[0])
        breaks = breaks[1:]
    for start, end in breaks:
        result.put(_normal(result.raw[start:end]), start, end)


_STYLES: dict[str, Callable[[_Map, int], None]] = {
    "": _plain, "'": _single, '"': _double, "|": _block, ">": _block,
}  # fmt: skip


def map_scalar(source: Source, span: Span, end: int, text: str, style: str, indent: int) -> Fragment:
    """The fragment of a scalar that YAML reads as `text` and that stands between `span.start` and `end`.

    `end` may lie beyond `span.end`, by the trailing line breaks that a block keeps.
    """
    quotes = 1 if style in ("'", '"') else 0
    first, last = span.start + quotes, span.end - quotes
    if last - first == len(text) and source.text.startswith(text, first):
        return Fragment(text, source, range(first, last), range(first + 1, last + 1), span)
    result = exact_map(source, span.start, end, style, indent)
    if "".join(result.parts) != text:  # keep at least the scalar's own place
        return Fragment(text, source, (span.start,) * len(text), (span.end,) * len(text), span)
    return Fragment(text, source, result.starts, result.ends, span)


def exact_map(source: Source, start: int, end: int, style: str, indent: int) -> _Map:
    """The decoded text of `source.text[start:end]` with its map, by a scan of the raw text."""
    result = _Map(source.text[start:end], start)
    _STYLES[style](result, indent)
    return result
