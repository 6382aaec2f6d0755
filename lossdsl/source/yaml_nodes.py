"""A YAML document as nodes that know their places; what YAML allows and a spec does not is an error."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import yaml

from lossdsl.source.core_schema import Value, core_value
from lossdsl.source.diagnostic import Diagnostic, LossDSLError, error
from lossdsl.source.scalar_map import map_scalar
from lossdsl.source.span import Fragment, Span
from lossdsl.source.text import Source
from lossdsl.source.yaml_errors import QUOTE, check_characters, explain

MAX_BYTES = 1 << 20
MAX_DEPTH = 64
MAX_NODES = 50_000
MAX_FINDINGS = 100

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(eq=False)
class Scalar:
    """`style` is empty for a plain scalar, else its quote or block indicator."""

    span: Span
    text: str
    style: str
    indent: int  # column of the block collection around it, or -1
    end: int  # where YAML stopped reading, after the line breaks that a block may keep

    @cached_property
    def fragment(self) -> Fragment:
        return map_scalar(self.span.source, self.span, self.end, self.text, self.style, self.indent)

    @cached_property
    def value(self) -> Value:
        return self.text if self.style else core_value(self.text)


@dataclass(eq=False, slots=True)
class Mapping:
    span: Span
    pairs: list[tuple[Scalar, Node]]
    flow: bool

    def get(self, key: str) -> Node | None:
        return next((value for name, value in self.pairs if name.text == key), None)


@dataclass(eq=False, slots=True)
class Sequence:
    span: Span
    items: list[Node]
    flow: bool


Node = Scalar | Mapping | Sequence


def read(source: Source) -> Node:
    """The root node of the one document in `source`."""
    if len(source.text) > MAX_BYTES or len(source.text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise _limit(f"the file is longer than {MAX_BYTES} bytes", Span(source, 0, 0))
    check_characters(source)
    return _Reader(source).document()


def _limit(message: str, span: Span) -> LossDSLError:
    advice = "split the spec, or pass large data as an input"
    return error("LD008", "limit-exceeded", message, span, help=advice)


def _invalid(message: str, span: Span, help: str) -> LossDSLError:  # noqa: A002
    return error("LD009", "invalid-yaml", message, span, help=help)


class _Reader:
    """Builds nodes from parser events, so that limits hold before anything large exists."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.shift = 1 if source.text.startswith("\ufeff") else 0
        self.events: Iterator[Any] = yaml.parse(source.text[self.shift :], Loader=LOADER)
        self.count = 0
        self.found: list[Diagnostic] = []

    def document(self) -> Node:
        root = None
        while not isinstance(event := self._next(), yaml.StreamEndEvent):
            if not isinstance(event, yaml.DocumentStartEvent):
                continue
            if root is not None:
                help_text = "keep one spec per file; remove the line `---`"
                raise _invalid("a second document starts here", self._span(event), help_text)
            root = self._node(self._next(), depth=1, indent=-1)
            self._next()  # the end of the document
        if root is None:
            raise _invalid("the file is empty", Span(self.source, 0, 0), "a spec starts with `lossdsl: 1`")
        if self.found:
            raise LossDSLError(self.found)
        return root

    def _next(self) -> Any:
        try:
            return next(self.events)
        except yaml.YAMLError as failure:
            raise explain(self.source, failure, self.shift) from None

    def _span(self, event: Any) -> Span:
        return Span(self.source, event.start_mark.index + self.shift, event.end_mark.index + self.shift)

    def _node(self, event: Any, depth: int, indent: int) -> Node:
        self.count += 1
        span = self._span(event)
        if self.count > MAX_NODES:
            raise _limit(f"the file has more than {MAX_NODES} values", span)
        if depth > MAX_DEPTH:
            raise _limit(f"values are nested more than {MAX_DEPTH} deep", span)
        self._refuse(event, span)
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, span, indent)
        if not event.flow_style:
            indent = event.start_mark.column
        if isinstance(event, yaml.SequenceStartEvent):
            items = []
            while not isinstance(event_in := self._next(), yaml.SequenceEndEvent):
                items.append(self._node(event_in, depth + 1, indent))
            return Sequence(self._collection(span, event_in, items), items, bool(event.flow_style))
        return self._mapping(event, span, depth, indent)

    def _mapping(self, event: Any, span: Span, depth: int, indent: int) -> Mapping:
        pairs: list[tuple[Scalar, Node]] = []
        first: dict[str, Scalar] = {}
        while not isinstance(event_in := self._next(), yaml.MappingEndEvent):
            key = self._key(self._node(event_in, depth + 1, indent))
            value = self._node(self._next(), depth + 1, indent)
            earlier = first.setdefault(key.text, key)
            if earlier is not key:
                self._duplicate(earlier, key)
            pairs.append((key, value))
        span = self._collection(span, event_in, [value for _, value in pairs])
        return Mapping(span, pairs, bool(event.flow_style))

    def _collection(self, span: Span, last: Any, children: list[Node]) -> Span:
        """A flow collection ends with its bracket; a block one ends for YAML where the next key starts."""
        bracket = self._span(last)
        if bracket.text in ("]", "}"):
            return span.to(bracket)
        return span.to(children[-1].span) if children else span

    def _scalar(self, event: Any, span: Span, indent: int) -> Scalar:
        style = event.style or ""
        end = span.end
        if style in ("|", ">"):
            span = Span(self.source, span.start, span.start + len(span.text.rstrip()))
        return Scalar(span, event.value, style, indent, end)

    def _key(self, key: Node) -> Scalar:
        if not isinstance(key, Scalar):
            what = "mapping" if isinstance(key, Mapping) else "list"
            raise _invalid(f"a {what} cannot be a key", key.span, f"write a name as the key; {QUOTE}")
        if not isinstance(key.value, str):
            shown = f"`{key.text}`" if key.text else "an empty key"
            raise _invalid(f"{shown} is not a name", key.span, "write a name as the key, or quote it")
        if key.text == "<<" and not key.style:
            raise _invalid("merge keys are not supported", key.span, "write the merged fields out")
        return key

    def _duplicate(self, earlier: Scalar, key: Scalar) -> None:
        message = f"the key `{key.text}` is given twice"
        labels = ((earlier.span, "first given here"),)
        help_text = "remove or rename one of the two"
        if len(self.found) < MAX_FINDINGS:
            self.found.append(
                Diagnostic("LD104", "duplicate-key", "error", message, key.span, help_text, labels)
            )

    def _refuse(self, event: Any, span: Span) -> None:
        if isinstance(event, yaml.AliasEvent):
            raise _invalid(f"`{span.text}` is a YAML alias, which a spec may not use", span, QUOTE)
        if event.anchor is not None:
            start = Span(self.source, span.start, span.start + 1 + len(event.anchor))
            raise _invalid(f"`{start.text}` is a YAML anchor, which a spec may not use", start, QUOTE)
        if event.tag is not None:
            raise _invalid("a value starts with `!`, a YAML tag, which a spec may not use", span, QUOTE)
