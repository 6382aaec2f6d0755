"""A failed parse in words: what was found, what was expected, and the help for mistakes that are known."""

from __future__ import annotations

import re
import unicodedata

from lark import Lark
from lark.exceptions import UnexpectedInput, UnexpectedToken

from lossdsl.source.diagnostic import LossDSLError, error
from lossdsl.source.span import Fragment, Span
from lossdsl.syntax.mistakes import LOOKALIKES, MISTAKES, Place

_NOUNS = {"axis_size": "axis size", "numbers": "list of numbers"}
_OPERATORS = frozenset("PLUS MINUS STAR SLASH POWER COMPARE AND OR NOT WHERE LSQB LPAR PRIMES DOT".split())
_OPERANDS = frozenset("NAME NUMBER TRUE FALSE LPAR MINUS NOT WHERE".split())
_QUALIFIERS = frozenset("FIXED OVER OF IGNORE IN NOISE WHERE COMPARE EQUAL".split())
_GROUPS = (  # a set of terminals that only stand together, its words, and what it makes needless to list
    ({"NAME", "NUMBER", "LPAR"}, "an expression", _OPERANDS),
    ({"PLUS", "STAR"}, "an operator", _OPERATORS),
    ({"FIXED", "OVER"}, "a qualifier such as `fixed`", _QUALIFIERS),
)
_WORDS = {
    "NAME": "a name",
    "NUMBER": "a number",
    "STRING": 'a pattern in quotes like `"encoder.*"`',
    "COMPARE": "a comparison",
    "NOISE": "a distribution",
    "$END": "the end",
    "LPAR": "`(`",
    "RPAR": "`)`",
    "LSQB": "`[`",
    "RSQB": "`]`",
    "COMMA": "`,`",
    "BARS": "`||`",
    "DOT": "`.`",
    "RANGE": "`..`",
    "REST": "`...`",
    "EQUAL": "`=`",
    "TILDE": "`~`",
    "PLUS": "`+`",
    "MINUS": "`-`",
    "STAR": "`*`",
    "SLASH": "`/`",
    "POWER": "`^`",
    "PRIMES": "`'`",
}


def explain(fragment: Fragment, start: str, parser: Lark, failure: UnexpectedInput) -> LossDSLError:
    """The finding for a failure of the parser."""
    text = fragment.text
    noun = _NOUNS.get(start, start)
    if not text.strip():
        return error(
            "LD001",
            "syntax-error",
            f"the {noun} is empty",
            fragment.whole,
            help=f"write the {noun}, or leave the entry out",
        )
    kind = failure.token.type if isinstance(failure, UnexpectedToken) else ""
    pos = len(text.rstrip()) if kind == "$END" else failure.pos_in_stream or 0
    length = len(failure.token) if isinstance(failure, UnexpectedToken) else 1
    accepts = _accepted_after(parser, text[:pos], start)
    place = Place(text, pos, kind, accepts, start)
    opening = place.opened[-1] if place.opened else None
    span = fragment.span(pos, pos + length)

    message, hint = _known(place)
    if message is None and place.rest[:1] in (")", "]") and kind != "$END":
        if opening is None:
            message = f"`{place.rest[0]}` closes nothing: no bracket is open"
            hint = hint or "delete it, or open a bracket before it"
        elif (opening[0] + place.rest[0]) not in ("()", "[]"):
            message = f"`{place.rest[0]}` where `{_closer(opening[0])}` was expected"
    if message is None and kind == "$END" and opening is not None and _names_closer(accepts, opening[0]):
        message = f"`{opening[0]}` is never closed: expected {_expected(accepts)}"
        hint = hint or f"add `{_closer(opening[0])}`"
    if message is None:
        found = f"the {noun} ends too early" if kind == "$END" else f"unexpected {_shown(place, length)}"
        message = f"{found}: expected {_expected(accepts)}"

    labels: tuple[tuple[Span, str], ...] = ()
    if opening is not None and (kind == "$END" or place.rest[:1] in (")", "]")):
        labels = ((fragment.span(opening[1], opening[1] + 1), f"`{opening[0]}` is opened here"),)
    return error("LD001", "syntax-error", message, span, help=hint, labels=labels)


def _accepted_after(parser: Lark, text: str, start: str) -> frozenset[str]:
    """The terminals that may follow `text`.

    The failed parser knows fewer: it has already reduced what the unexpected token would have let it reduce.
    """
    again = parser.parse_interactive(text, start)
    for _ in again.iter_parse():
        pass
    again.parser_state.value_stack[:] = [None] * len(again.parser_state.value_stack)  # copied for each trial
    return frozenset(again.accepts())


def _known(place: Place) -> tuple[str | None, str | None]:
    """Message and help of the first known mistake that fits; the message may be left to the general rule."""
    char = place.rest[:1]
    if char in LOOKALIKES or ord(char or " ") > 126:
        name = unicodedata.name(char, f"U+{ord(char):04X}")
        meant = LOOKALIKES.get(char)
        if meant is None and name.startswith("GREEK SMALL LETTER "):
            meant = name.split()[3].lower()
        invisible = {"Zs": "write an ordinary blank", "Cf": "delete it"}
        other = invisible.get(unicodedata.category(char), "names have the letters a to z, digits and `_`")
        hint = f"write `{meant}`" if meant else other
        shown = f"`{char}` ({name})" if char.isprintable() else f"the character {name}"
        return f"{shown} is not part of the language", hint
    for mistake in MISTAKES:
        found = re.match(mistake.rest, place.rest)
        if found and re.search(mistake.before, place.before) and mistake.when(place):
            return mistake.message, mistake.help
    return None, None


def _shown(place: Place, length: int) -> str:
    char = place.rest[0]
    if not char.isprintable():
        return f"character U+{ord(char):04X}"
    shown = place.rest[:length]
    return f"`{shown}`" if len(shown) <= 40 else f"`{shown[:40]}...`"


def _closer(opening: str) -> str:
    return ")" if opening == "(" else "]"


def _names_closer(accepts: frozenset[str], opening: str) -> bool:
    return ("RPAR" if opening == "(" else "RSQB") in accepts


def _expected(accepts: frozenset[str]) -> str:
    """`an operator, `,` or `)`` for a set of terminals."""
    left, words = set(accepts), []
    for members, word, covered in _GROUPS:
        if members <= left:
            words.append(word)
            left -= covered
    words += sorted(_WORDS.get(name, f"`{name.lower()}`") for name in left)
    if "the end" in words:
        words.remove("the end")
        words.append("the end")
    if len(words) < 2:
        return words[0] if words else "the end"
    return ", ".join(words[:-1]) + " or " + words[-1]
