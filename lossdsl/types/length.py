"""Lengths of axes as polynomials over size symbols, so that `time-1` and `time` are told apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

Monomial = tuple[str, ...]  # sorted symbols; () is the constant


class Least(str):
    """A symbol for the smaller one of two lengths."""

    parts: tuple[Length, Length]


@dataclass(frozen=True, slots=True)
class Length:
    """An integer polynomial in normal form: equal lengths are equal objects."""

    terms: tuple[tuple[Monomial, int], ...]

    @classmethod
    def of(cls, items: Iterable[tuple[Monomial, int]]) -> Length:
        total: dict[Monomial, int] = {}
        for monomial, factor in items:
            total[monomial] = total.get(monomial, 0) + factor
        return cls(tuple(sorted((m, f) for m, f in total.items() if f)))

    @classmethod
    def symbol(cls, name: str) -> Length:
        return cls((((name,), 1),))

    @classmethod
    def constant(cls, value: int) -> Length:
        return cls((((), value),) if value else ())

    @property
    def value(self) -> int | None:
        """The length as a number, if it has no symbol."""
        if not self.terms:
            return 0
        (monomial, factor), *rest = self.terms
        return factor if not rest and not monomial else None

    @property
    def symbols(self) -> frozenset[str]:
        return frozenset(name for monomial, _ in self.terms for name in monomial)

    def __add__(self, other: Length | int) -> Length:
        other = Length.constant(other) if isinstance(other, int) else other
        return Length.of(self.terms + other.terms)

    def __sub__(self, other: Length | int) -> Length:
        other = Length.constant(other) if isinstance(other, int) else other
        return Length.of(self.terms + tuple((m, -f) for m, f in other.terms))

    def __mul__(self, other: Length | int) -> Length:
        other = Length.constant(other) if isinstance(other, int) else other
        return Length.of((tuple(sorted(a + b)), f * g) for a, f in self.terms for b, g in other.terms)

    @classmethod
    def least(cls, a: Length, b: Length) -> Length:
        """The smaller one of two lengths."""
        if a == b:
            return a
        if a.value is not None and b.value is not None:
            return cls.constant(min(a.value, b.value))
        symbol = Least(f"min({a}, {b})")
        symbol.parts = (a, b)
        return cls.symbol(symbol)

    def evaluate(self, sizes: Mapping[str, int]) -> int:
        """The number, given the size of each symbol."""
        total = 0
        for monomial, factor in self.terms:
            for name in monomial:
                if isinstance(name, Least):
                    factor *= min(part.evaluate(sizes) for part in name.parts)
                else:
                    factor *= sizes[name]
            total += factor
        return total

    def render(self, name_of: Mapping[str, str] | None = None) -> str:
        """As arithmetic text, each symbol replaced by `name_of[symbol]` when given."""
        if not self.terms:
            return "0"
        parts = []
        for monomial, factor in sorted(self.terms, key=lambda t: (not t[0], t)):
            names = [name_of[n] if name_of else n for n in monomial]
            size = abs(factor)
            body = "*".join(names if size == 1 and names else [str(size), *names])
            parts.append(("-" if factor < 0 else "+") + body)
        return "".join(parts).removeprefix("+")

    def __str__(self) -> str:
        return self.render()
