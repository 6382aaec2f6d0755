"""Large, deep and odd inputs end soon, in a tree or in a finding."""

import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lossdsl.source.diagnostic import LossDSLError
from lossdsl.syntax.ast import Binary
from lossdsl.syntax.parse import (
    MAX_CHARACTERS,
    parse_axis_size,
    parse_constraint,
    parse_declaration,
    parse_expression,
    parse_numbers,
    parse_signature,
)
from lossdsl.syntax.part import MAX_DEPTH
from lossdsl.syntax.unparse import unparse
from tests.syntax.helpers import expression, rejection, verbatim

PARSERS = [
    parse_expression, parse_declaration, parse_signature, parse_constraint, parse_axis_size, parse_numbers
]  # fmt: skip


def test_a_chain_of_ten_thousand_terms() -> None:
    start = time.perf_counter()
    node = expression(" + ".join(["x"] * 10_000))
    assert time.perf_counter() - start < 2
    count = 0
    while isinstance(node, Binary):
        node, count = node.left, count + 1
    assert count == 9_999


@pytest.mark.parametrize("op", [" + ", " - ", " * ", " / ", " and ", " or "])
def test_chains_are_no_nesting(op: str) -> None:
    expression(op.join(["x"] * (2 * MAX_DEPTH)))


def _deep(levels: int) -> list[str]:
    """Texts whose trees have so many levels."""
    over = levels - 1
    return [
        "-" * over + "x",
        "not " * over + "x",
        "^".join(["x"] * levels),
        "f(" * over + "x" + ")" * over,
        "x" + "[a]" * over,
        "x" + "[a=0]" * over,
        "(x - " * over + "x" + ")" * over,
        " where ".join(["x"] * levels),
        "(" * (levels // 2) + "x" + "+y)*z" * (levels // 2) + "^2" * (levels % 2),
        "f(x=" * over + "x" + ")" * over,
        "x[t=" * (levels - 2) + "x.." + "]" * (levels - 2),
    ]


@pytest.mark.parametrize("text", _deep(MAX_DEPTH - 1), ids=range(11))
def test_as_deep_as_allowed(text: str) -> None:
    assert unparse(expression(text))


@pytest.mark.parametrize("text", _deep(MAX_DEPTH + 6), ids=range(11))
def test_too_deep(text: str) -> None:
    found = rejection(parse_expression, text)
    assert (found.code, found.name) == ("LD008", "limit-exceeded")
    assert "200 levels" in found.message


def test_far_too_deep_is_no_recursion() -> None:
    for text in _deep(5_000):
        assert rejection(parse_expression, text).code == "LD008"


def test_parentheses_alone_are_no_nesting() -> None:
    assert unparse(expression("(" * 20_000 + "x" + ")" * 20_000)) == "x"


def test_too_long() -> None:
    found = rejection(parse_expression, "x" * (MAX_CHARACTERS + 1))
    assert found.code == "LD008" and found.column == MAX_CHARACTERS + 1
    expression("x" * MAX_CHARACTERS)


@pytest.mark.parametrize(
    "text",
    [
        "(" * MAX_CHARACTERS,
        "[" * MAX_CHARACTERS,
        "f(" * 20_000,
        "x " * (MAX_CHARACTERS // 2),
        "x" + "+x" * 20_000 + "+",
        "f(" + "x," * 20_000,
        "x[" + "a," * 20_000,
        "\n" * (MAX_CHARACTERS - 1) + ")",
        "'" * MAX_CHARACTERS,
        "1" * MAX_CHARACTERS,
        "." * MAX_CHARACTERS,
        "\x00" * MAX_CHARACTERS,
    ],
    ids=lambda text: repr(text[:4]),
)
def test_long_mistakes_end_soon(text: str) -> None:
    start = time.perf_counter()
    found = rejection(parse_expression, text)
    assert found.code == "LD001" and len(found.message) < 200
    assert time.perf_counter() - start < 8


@pytest.mark.parametrize("parse", PARSERS)
@given(text=st.text(max_size=30) | st.text("xf12.,()[]'|~=<>!*+- \n", max_size=30))
@settings(max_examples=150, deadline=None)
def test_any_text_gives_a_tree_or_a_finding(parse, text: str) -> None:
    try:
        parse(verbatim(text))
    except LossDSLError as caught:
        found = caught.diagnostics[0]
        assert found.code == "LD001" and found.message and found.span is not None
        assert 0 <= found.span.start <= found.span.end <= len(text)


def test_threads_do_not_mix_their_texts() -> None:
    texts = [" + ".join([name] * 300) for name in "abcdefgh"]
    wrong: list[str] = []

    def work(text: str) -> None:
        for _ in range(5):
            node = expression(text)
            if node.span.source.text != text or unparse(node) != text:
                wrong.append(text)

    threads = [threading.Thread(target=work, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
