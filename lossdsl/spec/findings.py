"""The findings of one decoding, gathered so that an author sees all of them at once."""

from __future__ import annotations

from collections.abc import Container, Iterable
from difflib import get_close_matches
from typing import NoReturn

from lossdsl.source.diagnostic import Diagnostic, Edit, Fix, LossDSLError
from lossdsl.source.span import Span
from lossdsl.source.yaml_nodes import MAX_FINDINGS, Mapping, Scalar

_LONGEST_NAME = 60


class Findings:
    """Errors in the order of their discovery."""

    def __init__(self) -> None:
        self.found: list[Diagnostic] = []

    def add(
        self,
        code: str,
        name: str,
        message: str,
        span: Span,
        *,
        help: str | None = None,  # noqa: A002 - as in Diagnostic
        labels: tuple[tuple[Span, str], ...] = (),
        fix: Fix | None = None,
    ) -> None:
        self.found.append(Diagnostic(code, name, "error", message, span, help, labels, fix))
        if len(self.found) >= MAX_FINDINGS:
            self.fail()

    def wrong_type(self, message: str, span: Span, help: str | None = None) -> None:  # noqa: A002
        self.add("LD011", "wrong-field-type", message, span, help=help)

    def missing(
        self,
        message: str,
        span: Span,
        help: str | None = None,  # noqa: A002
        fix: Fix | None = None,
    ) -> None:
        self.add("LD010", "missing-field", message, span, help=help, fix=fix)

    def invalid_name(self, message: str, span: Span, help: str | None = None) -> None:  # noqa: A002
        self.add("LD012", "invalid-name", message, span, help=help)

    def duplicate(self, message: str, span: Span, first: Span) -> None:
        labels = ((first, "first given here"),)
        advice = "remove or rename one of the two"
        self.add("LD104", "duplicate-key", message, span, help=advice, labels=labels)

    def conflict(self, message: str, span: Span, other: Span, help: str | None = None) -> None:  # noqa: A002
        labels = ((other, "beside this"),)
        self.add("LD013", "conflicting-fields", message, span, help=help, labels=labels)

    def unknown_key(
        self, key: Scalar, mapping: Mapping, known: Iterable[str], given: Container[str], owner: str
    ) -> None:
        known = list(known)
        message = f"unknown key `{short(key.text)}` in {owner}"
        if split := comma_help(mapping):
            self.add("LD105", "unknown-key", message, key.span, help=split)
            return
        close = closest(key.text, [name for name in known if name not in given])
        fix = None
        if len(close) == 1:
            fix = Fix(f"rename to `{close[0]}`", (Edit(key.span, close[0]),), safe=False)
        help_text = did_you_mean(close) or "the keys are " + ", ".join(known)
        self.add("LD105", "unknown-key", message, key.span, help=help_text, fix=fix)

    def fail(self) -> NoReturn:
        raise LossDSLError(sorted(self.found, key=lambda each: each.span.start if each.span else 0))

    def raise_any(self) -> None:
        if self.found:
            self.fail()


def closest(word: str, known: Iterable[str]) -> list[str]:
    """The known words that `word` may be a slip of, best first."""
    return get_close_matches(word, list(known), n=3) if len(word) <= _LONGEST_NAME else []


def did_you_mean(close: list[str]) -> str | None:
    return f"did you mean {' or '.join(f'`{each}`' for each in close)}?" if close else None


def short(text: str) -> str:
    """A text clipped for a message."""
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST_NAME else text[: _LONGEST_NAME - 3] + "..."


def comma_help(mapping: Mapping) -> str | None:
    """The advice for `{a: f(x, y)}`, where YAML ends the value at the comma."""
    if not mapping.flow:
        return None
    for pair in mapping.pairs:
        for node in pair:
            if isinstance(node, Scalar) and not node.style and node.text.count("(") > node.text.count(")"):
                return f"inside {{ }} a comma ends the value `{short(node.text)}`: quote the expression"
    return None
