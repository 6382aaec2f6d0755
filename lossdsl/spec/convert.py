"""Nodes to values by the field table; whatever does not fit is a finding and is left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lossdsl.source.diagnostic import Edit, Fix
from lossdsl.source.span import Span
from lossdsl.source.yaml_nodes import Mapping, Node, Scalar, Sequence
from lossdsl.spec.fields import RECORDS, SCALARS, Choice, Field, List, Table, Type
from lossdsl.spec.findings import short
from lossdsl.spec.scalars import LANGUAGE_VERSION, ScalarReader


@dataclass(slots=True)
class Fields:
    """The fields of one mapping: those that are given, with their keys, and the values that could be read."""

    span: Span
    given: dict[str, Scalar]
    values: dict[str, Any]

    def get(self, name: str, default: Any = None) -> Any:
        return self.values.get(name, default)


class Converter(ScalarReader):
    """Reads nodes as types. `Converter.read` gives None for what does not fit."""

    def read(self, node: Node, kind: Type, what: str) -> Any:
        """The value of `node`; `what` names the field in messages."""
        if isinstance(kind, tuple):
            return self._alternative(node, kind, what)
        if isinstance(kind, Table):
            return self._table(node, kind, what)
        if isinstance(kind, List):
            if not isinstance(node, Sequence):
                return self.wrong(node, kind, what)
            items = [self.read(item, kind.item, f"an item of {what}") for item in node.items]
            return [item for item in items if item is not None]
        if isinstance(kind, Choice):
            return self.choice(node, kind, what)
        if kind in SCALARS:
            return self.scalars[kind](node, what)
        return self.record(node, kind, what)

    def record(self, node: Node, kind: str, what: str, at: Span | None = None) -> Fields | None:
        """The fields of a mapping; `at` is the place for fields that are missing."""
        if not isinstance(node, Mapping):
            return self.wrong(node, kind, what)
        fields = RECORDS[kind]
        given = {key.text: key for key, _ in node.pairs if key.text in fields}
        values: dict[str, Any] = {}
        for key, value in node.pairs:
            if key.text not in fields:
                self.findings.unknown_key(key, node, fields, given, what)
                continue
            read = self.read(value, fields[key.text].type, f"`{key.text}`")
            if read is not None:
                values[key.text] = read
        for name, field in fields.items():
            if field.required and name not in given:
                self._missing(node, name, field, what, at)
        return Fields(node.span, given, values)

    def _missing(self, node: Mapping, name: str, field: Field, what: str, at: Span | None) -> None:
        at = at or node.span
        advice, fix = f"write `{name}:` - {field.doc[0].lower()}{field.doc[1:]}", None
        if field.type == "version":
            line = f"{name}: {LANGUAGE_VERSION}"
            advice = f"start the spec with `{line}`"
            if not node.flow:
                before = Edit(Span(at.source, at.start, at.start), line + "\n")
                fix = Fix(f"write `{line}`", (before,), safe=True)
        self.findings.missing(f"{what} has no `{name}`", at, advice, fix)

    def _alternative(self, node: Node, kinds: tuple[Type, ...], what: str) -> Any:
        for kind in kinds:
            if _form(kind) is type(node):
                return self.read(node, kind, what)
        return self.wrong(node, kinds, what)

    def _table(self, node: Node, kind: Table, what: str) -> list[tuple[Scalar, Any]] | None:
        if not isinstance(node, Mapping):
            return self.wrong(node, kind, what)
        if kind.filled and not node.pairs:
            self.findings.missing(f"{what} has no entries", node.span)
        found = []
        for key, value in node.pairs:
            named = self.signature(key, node) if kind.keys == "signature" else self.name(key, node)
            read = self.read(value, kind.item, f"`{short(key.text)}`") if named else None
            if read is not None:
                found.append((key, read))
        return found


def _form(kind: Type) -> type:
    """The class of the nodes that can be of a type."""
    if isinstance(kind, List) or kind in ("numbers", "range"):
        return Sequence
    if isinstance(kind, str) and kind in SCALARS or isinstance(kind, Choice):
        return Scalar
    return Mapping
