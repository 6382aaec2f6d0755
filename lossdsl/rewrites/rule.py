"""A rewrite: two expressions of the language with the same free names."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from lossdsl.source.span import Fragment
from lossdsl.source.text import Source
from lossdsl.syntax.ast import Node
from lossdsl.syntax.parse import parse_expression


@dataclass(frozen=True)
class Rule:
    """`find` becomes `replace`. Names are variables; a name in brackets stands for any axes, the same throughout.

    A safe rule keeps value and gradient equal in exact arithmetic.
    """

    name: str
    find: str
    replace: str
    why: str
    safe: bool = True

    @cached_property
    def pattern(self) -> Node:
        return parse(self.find)

    @cached_property
    def replacement(self) -> Node:
        return parse(self.replace)


def parse(text: str) -> Node:
    return parse_expression(Fragment.verbatim(Source("<rewrite>", text)))
