"""Named axes."""

from __future__ import annotations

from dataclasses import dataclass

from lossdsl.types.length import Length


@dataclass(frozen=True, slots=True)
class Axis:
    """An axis of a value. Axes meet by name; a slice changes the length and keeps the name."""

    name: str  # with its primes: "batch'"
    length: Length

    @property
    def base(self) -> str:
        return self.name.rstrip("'")

    def renamed(self, name: str) -> Axis:
        return Axis(name, self.length)

    def __str__(self) -> str:
        return self.name if self.length == Length.symbol(self.base) else f"{self.name}:{self.length}"


def names(axes: tuple[Axis, ...]) -> tuple[str, ...]:
    return tuple(axis.name for axis in axes)
