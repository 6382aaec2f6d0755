"""Names, text, expressions, numbers and lists of numbers: the types that have no fields."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from lossdsl.source.span import Fragment, Span
from lossdsl.source.yaml_nodes import Mapping, Node, Scalar, Sequence
from lossdsl.spec.fields import RESERVED, Choice, Type, describe
from lossdsl.spec.findings import Findings, closest, comma_help, did_you_mean, short
from lossdsl.spec.numbers import list_fragment, nested

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SNAKE = re.compile(r"[a-z][a-z0-9_]*")
LANGUAGE_VERSION = 1


class ScalarReader:
    """A method for each type that has no fields; None, with a finding, for a node that does not fit."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        self.scalars: dict[str, Callable[[Node, str], Any]] = {
            "version": self._version, "text": self._text, "path": self._path, "snake": self._snake,
            "name": self._name, "expression": self._expression, "number": self._number,
            "numbers": self._numbers, "range": self._range, "data": self._data,
            "setting": self._setting, "plain": self._plain,
        }  # fmt: skip

    def name(self, key: Scalar, mapping: Mapping | None = None) -> bool:
        """Whether `key` may name something; a finding if not."""
        if not _NAME.fullmatch(key.text):
            advice = comma_help(mapping) if mapping else None
            advice = advice or "a name has letters, digits and `_`, and does not start with a digit"
            self.findings.invalid_name(f"`{short(key.text)}` is not a name", key.span, advice)
        elif key.text in RESERVED:
            self._reserved(key.text, key.span)
        else:
            return True
        return False

    def _reserved(self, word: str, span: Span) -> None:
        self.findings.invalid_name(f"`{word}` is a word of the language", span, "choose another name")

    def signature(self, key: Scalar, mapping: Mapping) -> bool:
        """Whether the signature starts with a name; the rest of it is not read here."""
        match = _NAME.match(key.text)
        if match and match.group() not in RESERVED:
            return True
        if match and match.end() < len(key.text):
            self._reserved(match.group(), key.fragment.span(0, match.end()))
            return False
        return self.name(key, mapping)

    def wrong(self, node: Node, kind: Type, what: str, help: str | None = None) -> Any:  # noqa: A002
        """None, with a finding."""
        self.findings.wrong_type(f"{what} is {describe(kind)}, but this is {_found(node)}", node.span, help)

    def _text(self, node: Node, what: str) -> str | None:
        if isinstance(node, Scalar) and isinstance(node.value, str):
            return node.value
        advice = "quote it" if isinstance(node, Scalar) and node.text else None
        return self.wrong(node, "text", what, advice)

    def _path(self, node: Node, what: str) -> Fragment | None:
        if isinstance(node, Scalar) and isinstance(node.value, str) and node.value.strip():
            return node.fragment
        return self.wrong(node, "path", what)

    def _expression(self, node: Node, what: str) -> Fragment | None:
        if not isinstance(node, Scalar):
            advice = None
            if node.flow:
                advice = "if an expression is meant, quote the expression"
            return self.wrong(node, "expression", what, advice)
        if node.text.strip() and node.value is not None:
            return node.fragment
        if node.style in ("|", ">"):
            advice = f"in YAML `{node.style}` starts a block of indented text; quote the expression"
            return self.wrong(node, "expression", what, advice)
        return self.wrong(node, "expression", what)

    def _name(self, node: Node, what: str) -> Scalar | None:
        if not isinstance(node, Scalar) or not isinstance(node.value, str):
            return self.wrong(node, "name", what)
        return node if self.name(node) else None

    def _snake(self, node: Node, what: str) -> str | None:
        name = self._name(node, what)
        if name and not _SNAKE.fullmatch(name.text):
            advice = "write it with small letters, digits and `_`"
            self.findings.invalid_name(f"`{short(name.text)}` is not in snake_case", name.span, advice)
        return name.text if name else None

    def choice(self, node: Node, kind: Choice, what: str) -> str | None:
        if isinstance(node, Scalar) and node.text in kind.words:
            return node.text
        close = closest(node.text, kind.words) if isinstance(node, Scalar) else []
        return self.wrong(node, kind, what, did_you_mean(close))

    def _number(self, node: Node, what: str) -> float | None:
        number = node.value if isinstance(node, Scalar) else None
        if isinstance(number, (int, float)) and not isinstance(number, bool):
            return float(number)
        return self.wrong(node, "number", what)

    def _numbers(self, node: Node, what: str) -> Fragment | None:
        if not isinstance(node, Sequence):
            return self.wrong(node, "numbers", what)
        read = [self._number(item, f"an item of {what}") for item in node.items]
        return None if None in read else list_fragment(node)

    def _range(self, node: Node, what: str) -> tuple[float, float] | None:
        if not isinstance(node, Sequence) or len(node.items) != 2:
            return self.wrong(node, "range", what)
        low, high = (self._number(item, f"an end of {what}") for item in node.items)
        if low is None or high is None:
            return None
        if not low <= high:
            advice = "write the smaller number first"
            self.findings.wrong_type(f"the range {what} is empty", node.span, advice)
            return None
        return low, high

    def _data(self, node: Node, what: str) -> object:
        return nested(node, lambda leaf: self.wrong(leaf, "data", what), words=False)

    def _setting(self, node: Node, what: str) -> object:
        return nested(node, lambda leaf: self.wrong(leaf, "setting", what), words=True)

    def _plain(self, node: Node, what: str) -> dict[str, object] | None:
        return _plain(node) if isinstance(node, Mapping) else self.wrong(node, "plain", what)

    def _version(self, node: Node, what: str) -> int | None:
        version = node.value if isinstance(node, Scalar) else None
        if type(version) is int and version == LANGUAGE_VERSION:
            return version
        if type(version) is int:
            message = f"version {short(str(version))} of the language is not known to this release"
            self.findings.wrong_type(message, node.span, f"this release reads version {LANGUAGE_VERSION}")
            return None
        return self.wrong(node, "version", what, f"write `lossdsl: {LANGUAGE_VERSION}`")


def _found(node: Node) -> str:
    if isinstance(node, Mapping):
        return "a mapping"
    if isinstance(node, Sequence):
        return f"a list of {len(node.items)}" if node.items else "an empty list"
    value = node.value
    if value is None or not node.text.strip():
        return "empty"
    if isinstance(value, bool):
        return node.text
    return f"the text `{short(node.text)}`" if isinstance(value, str) else f"the number {short(node.text)}"


def _plain(node: Node) -> Any:
    if isinstance(node, Mapping):
        return {key.text: _plain(value) for key, value in node.pairs}
    if isinstance(node, Sequence):
        return [_plain(item) for item in node.items]
    return node.value
