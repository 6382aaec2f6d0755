"""What the builders pass to each other while a text is parsed."""

from __future__ import annotations

from typing import Any, NoReturn, cast

from lark import Token

from lossdsl.source.diagnostic import error
from lossdsl.source.span import Fragment, Span
from lossdsl.syntax.ast import Node

MAX_DEPTH = 200


class Part:
    """A node with the offsets of its text (parentheses included) and the depth of its tree."""

    __slots__ = ("node", "start", "end", "depth", "grouped")

    def __init__(self, node: Node, start: int, end: int, depth: int = 1, grouped: bool = False) -> None:
        self.node = node
        self.start = start
        self.end = end
        self.depth = depth
        self.grouped = grouped  # it stands in parentheses, or is a part that begins with one


class Clause:
    """A qualifier of a declaration: the field it fills, with its value."""

    __slots__ = ("field", "value", "start", "end")

    def __init__(self, field: str, value: Any, start: int, end: int) -> None:
        self.field = field
        self.value = value
        self.start = start
        self.end = end


def start_of(child: Any) -> int:
    """The offset at which a token, part or clause begins."""
    return cast(int, child.start_pos if isinstance(child, Token) else child.start)


def end_of(child: Any) -> int:
    """The offset after a token, part or clause."""
    return cast(int, child.end_pos if isinstance(child, Token) else child.end)


class BuilderBase:
    """Spans and complaints, in terms of offsets into the fragment that is being parsed."""

    fragment: Fragment

    def span(self, start: int, end: int) -> Span:
        return self.fragment.span(start, end)

    def fail(self, message: str, start: int, end: int, hint: str | None = None) -> NoReturn:
        raise error("LD001", "syntax-error", message, self.span(start, end), help=hint)

    def nested(self, node: Node, start: int, end: int, depth: int) -> Part:
        """A part one level above others, as long as there are not too many."""
        if depth > MAX_DEPTH:
            raise error(
                "LD008",
                "limit-exceeded",
                f"the expression is nested more than {MAX_DEPTH} levels deep",
                self.span(start, end),
                help="name a part of it under `define`",
            )
        return Part(node, start, end, depth)
