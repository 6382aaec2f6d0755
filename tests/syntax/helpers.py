"""Fragments by hand, and what a rejected text says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lossdsl.source.diagnostic import Diagnostic, LossDSLError
from lossdsl.source.span import Fragment, Span
from lossdsl.source.text import Source
from lossdsl.syntax.ast import Node
from lossdsl.syntax.parse import parse_expression
from lossdsl.syntax.unparse import unparse


def verbatim(text: str) -> Fragment:
    return Fragment.verbatim(Source("test.yaml", text))


def scalar(document: str, *pieces: tuple[str, str], whole: str) -> Fragment:
    """A fragment of `document` put together from pieces (as written, as meant), found in this order."""
    text, starts, ends, at = "", [], [], document.index(whole)
    first = at
    for written, meant in pieces:
        at = document.index(written, at)
        same = len(written) == len(meant)
        for i, char in enumerate(meant):
            text += char
            starts.append(at + i if same else at)
            ends.append(at + i + 1 if same else at + len(written))
        at += len(written)
    source = Source("test.yaml", document)
    return Fragment(text, source, starts, ends, Span(source, first, first + len(whole)))


def expression(text: str) -> Node:
    return parse_expression(verbatim(text))


def bracketed(text: str) -> str:
    """The expression with parentheses around every operation, to read the precedence from."""
    from lossdsl.syntax.ast import Binary, Prime, Unary, Where

    def show(node: Node) -> str:
        match node:
            case Binary():
                return f"({show(node.left)} {node.op} {show(node.right)})"
            case Unary():
                return f"({node.op} {show(node.operand)})"
            case Where():
                return f"({show(node.value)} where {show(node.mask)})"
            case Prime():
                return f"<{show(node.value)}>" + "'" * node.primes
        return unparse(node)

    return show(expression(text))


def rejection(parse: Callable[[Fragment], Any], text: str) -> Diagnostic:
    with pytest.raises(LossDSLError) as caught:
        parse(verbatim(text))
    return caught.value.diagnostics[0]
