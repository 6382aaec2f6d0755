"""The type of a value."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lossdsl.types.axis import Axis, names
from lossdsl.types.kind import DISTRIBUTIONS, INDEX, MASK, REAL

INF = float("inf")


@dataclass(frozen=True, slots=True)
class ValueType:
    """Kind, axes, event axes of a distribution, the axis an index indexes, role and range.

    `fixed` says that no gradient flows through the value; `low` and `high` bound every valid element.
    """

    kind: str
    axes: tuple[Axis, ...] = ()
    event: tuple[str, ...] = ()
    of: str | None = None
    fixed: bool = False
    low: float = -INF
    high: float = INF

    @property
    def names(self) -> tuple[str, ...]:
        return names(self.axes)

    @property
    def is_distribution(self) -> bool:
        return self.kind in DISTRIBUTIONS

    @property
    def is_integer(self) -> bool:
        return self.kind == INDEX

    @property
    def is_mask(self) -> bool:
        return self.kind == MASK

    def axis(self, name: str) -> Axis | None:
        return next((axis for axis in self.axes if axis.name == name), None)

    def with_axes(self, axes: tuple[Axis, ...]) -> ValueType:
        return replace(self, axes=axes)

    def as_real(self) -> ValueType:
        return replace(self, kind=REAL, event=(), of=None)

    def __str__(self) -> str:
        over = f" over {', '.join(self.event)}" if self.event and self.event != self.names[-1:] else ""
        of = f" of {self.of}" if self.of else ""
        role = " fixed" if self.fixed else ""
        return f"{self.kind}[{', '.join(map(str, self.axes))}]{over}{of}{role}"
