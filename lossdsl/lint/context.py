"""What a rule may look at."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from lossdsl.lint.scalars import Layout, Scalar, layout
from lossdsl.lint.selection import Selection
from lossdsl.source.span import Span
from lossdsl.source.text import Source

if TYPE_CHECKING:
    from lossdsl.lint.suppress import Suppression
    from lossdsl.spec.model import Spec


@dataclass
class Context:
    """One document at every stage it reached; `spec` and `program` are None where it failed before."""

    source: Source
    selection: Selection = Selection()
    spec: Spec | None = None
    program: Any = None  # the typed program of lossdsl.types
    complete: bool = True  # no error was found, so every rule could run
    suppressions: list[Suppression] = field(default_factory=list)

    @cached_property
    def layout(self) -> Layout:
        return layout(self.source.text)

    def span(self, start: int, end: int) -> Span:
        return Span(self.source, start, end)

    def scalar_at(self, offset: int) -> Scalar | None:
        """The scalar written around `offset`."""
        for scalar in self.layout.scalars:
            if scalar.start <= offset < scalar.end:
                return scalar
        return None
