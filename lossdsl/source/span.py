"""Places in a source, and decoded text whose characters know theirs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from lossdsl.source.text import Source


@dataclass(frozen=True, slots=True)
class Span:
    """Half-open range of offsets into the text of a source."""

    source: Source
    start: int
    end: int

    @property
    def line(self) -> int:
        return self.source.position(self.start)[0]

    @property
    def column(self) -> int:
        return self.source.position(self.start)[1]

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    def to(self, other: Span) -> Span:
        """The range from the start of this span to the end of `other`."""
        return Span(self.source, self.start, max(self.end, other.end))


@dataclass(frozen=True, slots=True, eq=False)
class Fragment:
    """Text as the author meant it (a YAML scalar after unquoting and unfolding), mapped to the file.

    Character `text[i]` was written at `source.text[starts[i]:ends[i]]`.
    """

    text: str
    source: Source
    starts: Sequence[int] = field(repr=False)
    ends: Sequence[int] = field(repr=False)
    whole: Span = field(repr=False)  # of the scalar with its quotes or block indicator

    @classmethod
    def verbatim(cls, source: Source, start: int = 0, end: int | None = None) -> Fragment:
        """The fragment that is exactly the text of `source` from `start` to `end`."""
        end = len(source.text) if end is None else end
        whole = Span(source, start, end)
        return cls(source.text[start:end], source, range(start, end), range(start + 1, end + 1), whole)

    def span(self, start: int, end: int) -> Span:
        """Where the characters `text[start:end]` stand in the file."""
        if not self.text:
            return self.whole
        if start >= len(self.text):
            last = self.ends[len(self.text) - 1]
            return Span(self.source, last, last)
        first = self.starts[start]
        return Span(self.source, first, self.ends[end - 1] if end > start else first)
