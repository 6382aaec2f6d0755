"""Mistakes that people bring from other languages: one row each, with what to write instead."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from lossdsl.syntax.words import NOISES

LOOKALIKES = {
    "\N{MINUS SIGN}": "-",
    "\N{EN DASH}": "-",
    "\N{EM DASH}": "-",
    "\N{MULTIPLICATION SIGN}": "*",
    "\N{MIDDLE DOT}": "*",
    "\N{DOT OPERATOR}": "*",
    "\N{DIVISION SIGN}": "/",
    "\N{LESS-THAN OR EQUAL TO}": "<=",
    "\N{GREATER-THAN OR EQUAL TO}": ">=",
    "\N{NOT EQUAL TO}": "!=",
    "\N{LOGICAL AND}": "and",
    "\N{LOGICAL OR}": "or",
    "\N{NOT SIGN}": "not",
    "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    "\N{LEFT SINGLE QUOTATION MARK}": "'",
    "\N{PRIME}": "'",
    "\N{DOUBLE PRIME}": "''",
    "\N{DOUBLE VERTICAL LINE}": "||",
    "\N{PARALLEL TO}": "||",
    "\N{N-ARY SUMMATION}": "sum[axis](x)",
    "\N{N-ARY PRODUCT}": "prod[axis](x)",
    "\N{SQUARE ROOT}": "sqrt(x)",
    "\N{SUPERSCRIPT TWO}": "^2",
    "\N{HORIZONTAL ELLIPSIS}": "...",
}


@dataclass(frozen=True)
class Place:
    """Where a parse failed."""

    text: str
    pos: int
    kind: str  # of the token that was found; "" if the text there is no token
    accepts: frozenset[str]
    start: str

    @cached_property
    def before(self) -> str:
        return self.text[max(0, self.pos - 200) : self.pos].rstrip()

    @cached_property
    def rest(self) -> str:
        return self.text[self.pos : self.pos + 200]

    @cached_property
    def opened(self) -> list[tuple[str, int]]:
        """The brackets that are open, outermost first."""
        stack: list[tuple[str, int]] = []
        for found in re.finditer(r"[()\[\]]", self.text[: self.pos]):
            if found[0] in "([":
                stack.append((found[0], found.start()))
            elif stack:
                stack.pop()
        return stack

    @property
    def innermost(self) -> str:
        return self.opened[-1][0] if self.opened else ""

    @property
    def wants_operand(self) -> bool:
        return "NUMBER" in self.accepts and "NAME" in self.accepts

    @property
    def glued(self) -> bool:
        """Nothing stands between this place and what comes before."""
        return self.pos > 0 and not self.text[self.pos - 1].isspace()


@dataclass(frozen=True)
class Mistake:
    """Patterns for the text at the place and for the text before it, and what to say."""

    rest: str
    before: str
    message: str | None  # None: the general "unexpected ...: expected ..."
    help: str
    when: Callable[[Place], bool] = lambda place: True


def _in_axes(place: Place) -> bool:
    return place.innermost == "[" and "NAME" in place.accepts and not place.wants_operand


def _in_expression(place: Place) -> bool:
    if place.start == "declaration":
        return bool(re.search(r"\bwhere\b|[^<>!=]=[^=]", place.text[: place.pos]))
    return place.start in ("expression", "constraint") or place.innermost == "("


_ANY = r""
MISTAKES = (
    Mistake(
        r"\|\|", _ANY, "`||` stands only between two arguments of a call",
        "`kl(p || q)` compares p with q; the logical or is written `or`",
    ),
    Mistake(
        r"\|", _ANY, "`|` is not an operator",
        "two sides of a divergence are written `p || q`, the logical or `or`, an absolute value `abs(x)`",
    ),
    Mistake(r"&", _ANY, "`&` is not an operator", "write `and`"),
    Mistake(r"!(?!=)", _ANY, "`!` is not an operator", "write `not`"),
    Mistake(r"~", _ANY, "`~` is not an operator", "write `not`", lambda place: place.start != "signature"),
    Mistake(r"%", _ANY, "`%` is not an operator", "the remainder is `x - n * floor(x / n)`"),
    Mistake(r"@", _ANY, "`@` is not an operator", "a product of matrices names its axis: `dot[axis](a, b)`"),
    Mistake(r"/", r"/$", "`//` is not an operator", "write `floor(a / b)`", lambda place: place.glued),
    Mistake(r"\?", _ANY, "`?` is not an operator", "a choice is written `where(c, a, b)`"),
    Mistake(r"if\b", _ANY, None, "a choice is written `where(c, a, b)`"),
    Mistake(_ANY, r"\blambda$", "there are no anonymous functions", "name the function under `define`"),
    Mistake(r"for\b", _ANY, None, "there are no loops here: name an axis, as in `sum[axis](x)`"),
    Mistake(r"in\b", _ANY, None, "a range is two comparisons: `0 <= x and x <= 1`", _in_expression),
    Mistake(r"is\b", _ANY, None, "equality is written `==`"),
    Mistake(r"xor\b", _ANY, None, "write `xor(a, b)`"),
    Mistake(r"(AND|OR|NOT|WHERE)\b", _ANY, None, "`and`, `or`, `not` and `where` are written small"),
    Mistake(_ANY, r"\b(NOT|WHERE)$", None, "`and`, `or`, `not` and `where` are written small"),
    Mistake(
        r"not\b", r"[-+*/^<>=]$", None, "put `not ...` in parentheses", lambda place: place.wants_operand
    ),
    Mistake(
        _ANY, r"(^|[(,])\s*where$", None,
        "`where` has a value on its left, `x where m`, or three arguments, `where(c, a, b)`",
    ),
    Mistake(r"[<>]", r"<$", "`<>` is not an operator", "write `!=`", lambda place: place.glued),
    Mistake(
        r"=", r"=$", None, "equality is written `==`",
        lambda place: place.glued and place.innermost != "[",
    ),
    Mistake(
        r"=", r"=$", "`==` in brackets that select", "a selection has a single `=`: `x[view=0]`",
        lambda place: place.glued,
    ),
    Mistake(r"[<>]", r"[^=!<>]=$", "`=<` and `=>` are not operators", "write `<=` or `>=`"),
    Mistake(r"=[<>]", _ANY, "`=<` and `=>` are not operators", "write `<=` or `>=`", _in_expression),
    Mistake(r"=", r"[-+*/^]$", "there are no assignments", "name a value under `define`"),
    Mistake(r":=", _ANY, "there are no assignments", "name a value under `define`"),
    Mistake(
        r"(<=|>=|==|!=|<|>)", _ANY, "a constraint has a single comparison",
        "write one constraint for each side", lambda place: place.start == "constraint" and not place.opened,
    ),
    Mistake(
        r"(<=|>=|==|!=|<|>)", r"([<>]|[=!]=)", "comparisons cannot be chained",
        "write `a < b and b < c`", lambda place: not place.wants_operand and place.start != "axis_size",
    ),
    Mistake(
        r"=", _ANY, "`=` is not a comparison",
        "equality is written `==`; an argument is named as in `f(x, t=1)`",
        lambda place: place.kind == "EQUAL" and _in_expression(place) and not place.wants_operand,
    ),
    Mistake(
        r"[-:0-9.(]", _ANY, None,
        "axes have names and no positions: write `x[axis=0]` or `x[axis=1..]`; sizes stand under `axes:`",
        _in_axes,
    ),
    Mistake(r"\]", r"\[$", None, "name the axes, or leave out the brackets", _in_axes),
    Mistake(
        r"(where|and|or|not|true|false)\b", _ANY, None, "words of the language cannot be names",
        lambda place: "NAME" in place.accepts and not place.wants_operand,
    ),
    Mistake(r":", _ANY, None, "a slice is written `x[axis=1..]`", lambda place: place.innermost == "["),
    Mistake(r"[\"']", _ANY, "a text in quotes is not a value", "write names without quotes", _in_expression),
    Mistake(
        r"[A-Za-z_(]", r"[0-9.]$", None, "a product is always written with `*`: `2 * x`",
        lambda place: place.glued and place.kind in ("NAME", "LPAR") and not place.wants_operand,
    ),
    Mistake(
        r"\.\s*[A-Za-z_]", _ANY, None, "values have no methods or attributes: write `mean(x)`",
        lambda place: place.kind == "DOT" and place.start != "signature",
    ),
    Mistake(r"\+", _ANY, None, "leave out the `+` sign", lambda place: place.wants_operand),
    Mistake(r"[)\]]", r",$", None, "leave out the last `,`"),
    Mistake(r"\{", _ANY, None, "parentheses are `(` and `)`"),
    Mistake(
        r"\(", _ANY, None, "axes stand in square brackets: `real[batch]`",
        lambda place: place.start == "declaration" and "LSQB" in place.accepts and not place.wants_operand,
    ),
    Mistake(
        r"\s*$", _ANY, None, "a scalar is written with empty brackets: `real[]`",
        lambda place: place.start == "declaration" and place.accepts == {"LSQB"},
    ),
    Mistake(
        _ANY, r"\bnoise\s*\[[^\]]*\]$", None, "the distributions are " + ", ".join(f"`{n}`" for n in NOISES),
        lambda place: place.start == "declaration" and place.kind == "NAME",
    ),
    Mistake(
        r",", _ANY, None, "qualifiers have only blanks between them",
        lambda place: place.start == "declaration" and not place.opened,
    ),
    Mistake(
        r"where\b", _ANY, "`where` cannot stand outside of the two sides of a constraint",
        "put it in parentheses or in a call: `mean(x where m) <= 0.1`",
        lambda place: place.start == "constraint",
    ),
    Mistake(
        r"\s*$", _ANY, None, "a constraint compares two values: `measure <= 0.1`",
        lambda place: place.start == "constraint" and "COMPARE" in place.accepts,
    ),
)
