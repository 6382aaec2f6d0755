"""Failures of the YAML parser, told to someone who was writing an expression."""

from __future__ import annotations

import re
from typing import Any

from lossdsl.source.diagnostic import LossDSLError, error
from lossdsl.source.span import Span
from lossdsl.source.text import Source

QUOTE = 'if an expression is meant, quote the expression: "..."'

_UNPRINTABLE = re.compile("[^\x09\x0a\x0d\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_VALUE = re.compile(r"\s*(?:- +)*(?:[^\s:#'\"{\[][^:#]*:[ \t]+)?(?P<value>\S.*)")
_SPECIAL = "|>*&!%@`{["


def check_characters(source: Source) -> None:
    """Raise for a character that no YAML file may contain."""
    if found := _UNPRINTABLE.search(source.text):
        span = Span(source, found.start(), found.end())
        message = f"the character U+{ord(found.group()):04X} may not stand in a YAML file"
        advice = "remove it, or check the encoding of the file"
        raise error("LD009", "invalid-yaml", message, span, help=advice)


def explain(source: Source, failure: Any, shift: int) -> LossDSLError:
    """The finding for an exception of PyYAML; `shift` is the length of a byte order mark."""
    problem = str(getattr(failure, "problem", None) or failure)
    context = str(getattr(failure, "context", None) or "")
    mark = getattr(failure, "problem_mark", None)
    around = getattr(failure, "context_mark", None)
    at = mark.index + shift if mark else 0
    opened = around.index + shift if around else at
    if "exceeded" in problem:
        span = Span(source, at, at)
        return error("LD008", "limit-exceeded", "values are nested too deep", span, help="split the spec")
    message, place, advice = _story(source, problem, context, min(at, len(source.text)), opened)
    span = Span(source, place, min(place + 1, len(source.text)))
    return error("LD009", "invalid-yaml", message, span, help=advice)


def _story(source: Source, problem: str, context: str, at: int, opened: int) -> tuple[str, int, str | None]:
    char = source.text[at : at + 1]
    value_at = _value_start(source, at)
    value = source.text[value_at : value_at + 1]
    if char == "\t":
        return "a tab may not indent YAML", at, "use spaces"
    if "quoted scalar" in context:
        if "escape" in problem:
            return "unknown escape in a double-quoted text", at, "double the backslash, or use single quotes"
        return "the quote opened here is not closed", opened, "close it on the same line"
    if "block scalar" in context:
        return f"`{value}` starts a block of text, and more stands on its line", opened, QUOTE
    if "mapping values are not allowed" in problem:
        column = source.position(at)[1] - 1
        if ": " in source.text[at - column : at]:
            return "`: ` inside a value that is not quoted", at, QUOTE
        message = "`: ` in a line that continues the value above it"
        return message, at, "check the indentation of the line, and the `:` of the line above"
    if "flow " in context:
        opening, closing = "{}" if "mapping" in context else "[]"
        if char and char in "[{":
            message = f"`{char}` inside `{opening} {closing}` must be quoted"
            return message, at, "quote the expression, or write the mapping in indented lines"
        line, column = source.position(opened)
        message = f"expected `,` or `{closing}` for the `{opening}` opened at {line}:{column}"
        return message, at, f"close it, or {QUOTE}"
    if "anchor" in context or "alias" in context or "tag" in context or "directive" in context:
        return f"`{source.text[opened : opened + 1]}` has a meaning of its own in YAML", opened, QUOTE
    if "sequence entries are not allowed" in problem:
        return "`- ` starts a list item, which cannot stand here", at, QUOTE
    if "incompatible" in problem:
        return "the file asks for another version of YAML", at, "remove the line that starts with `%YAML`"
    if "cannot start any token" in problem:
        return f"`{char}` cannot start a value in YAML", at, QUOTE
    if value and value in _SPECIAL:
        return f"a value that starts with `{value}` must be quoted", value_at, QUOTE
    if value and value in "'\"":
        return "text after the closing quote", at, "quote the whole expression"
    if "could not find expected ':'" in problem:
        return "expected `key: value`", opened, "add the `:`, or indent the line to continue the value above"
    if "did not find expected key" in problem or "<block end>" in problem:
        if _comment_above(source, at):
            return "a comment ended the value above this line", at, "put the comment above the whole value"
        return "expected a key at the indentation of the lines above", at, "check the indentation"
    return problem, at, None


def _comment_above(source: Source, at: int) -> bool:
    number = source.position(at)[0]
    line = source.line(number - 1) if number > 1 else ""
    return -1 < line.find(": ") < line.rfind(" #")


def _value_start(source: Source, at: int) -> int:
    """Offset of the value that the line of `at` gives to its key."""
    number, column = source.position(at)
    line = source.line(number)
    match = _VALUE.match(line)
    return at - (column - 1) + match.start("value") if match else at
