import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lossdsl.source.span import Fragment
from lossdsl.source.text import Source
from lossdsl.syntax.ast import AxisRef, Node
from lossdsl.syntax.equal import structurally_equal
from lossdsl.syntax.parse import (
    parse_axis_size,
    parse_constraint,
    parse_declaration,
    parse_expression,
    parse_signature,
)
from lossdsl.syntax.unparse import unparse
from tests.syntax import strategies
from tests.syntax.helpers import expression, verbatim

PARSERS = {
    "expression": (parse_expression, strategies.expressions),
    "declaration": (parse_declaration, strategies.declarations()),
    "signature": (parse_signature, strategies.signatures()),
    "constraint": (parse_constraint, strategies.constraints()),
    "axis_size": (parse_axis_size, strategies.axis_sizes),
}


@pytest.mark.parametrize("form", PARSERS)
@given(data=st.data())
@settings(max_examples=80, deadline=None)
def test_what_is_written_is_read_as_the_same_tree(form: str, data: st.DataObject) -> None:
    _round_trip(form, data)


@pytest.mark.slow
@pytest.mark.parametrize("form", PARSERS)
@given(data=st.data())
@settings(max_examples=1_000, deadline=None)
def test_many_trees_are_written_and_read(form: str, data: st.DataObject) -> None:
    _round_trip(form, data)


def _round_trip(form: str, data: st.DataObject) -> None:
    parse, nodes = PARSERS[form]
    node = data.draw(nodes)
    text = unparse(node)
    again = parse(verbatim(text))
    assert structurally_equal(again, node), text
    assert unparse(again) == text


@pytest.mark.parametrize(
    "text",
    [
        "a + b - c + d",
        "a - (b - c)",
        "a * (b + c) / d",
        "-x^2 + (-x)^2",
        "2^-x^2",
        "(2^x)^y",
        "not a == b and not (a or b)",
        "(a < b) == (b < c)",
        "x where m and n where k",
        "x where (m where n)",
        "(x where m) + 1",
        "a * -b - -c",
        "(a + b)'[batch]'",
        "(z)'",
        "(z')'",
        "z''",
        "((a)')'",
        "kl(p || q where m, t=a where m)",
        "x[time=1..n - 1, view=a == b]",
        "x[time=1. ..]",
        "x[time=a + 1. ..2]",
        "x[time=.., p.event=0]",
        "var[axes...](x, correction=1)",
        "where(c, a, b)[batch']",
        "prev.f[class=labels]'",
        "1e-3 * true",
    ],
)
def test_minimal_text_stays_as_it_is(text: str) -> None:
    assert unparse(expression(text)) == text


@pytest.mark.parametrize(
    ("written", "style"),
    [
        ("((a))+(b*c)", "a + b * c"),
        ("2**x", "2^x"),
        ("(f(x))[ batch' ,k]", "f(x)[batch', k]"),
        ("f ( a,k = 1 )", "f(a, k=1)"),
        ("(a and b) or c", "a and b or c"),
        ("not(a)", "not a"),
        ("(x where a) where b", "x where a where b"),
        ("x where (a or b)", "x where a or b"),
    ],
)
def test_needless_parentheses_go(written: str, style: str) -> None:
    assert unparse(expression(written)) == style


@pytest.mark.parametrize(
    ("written", "style"),
    [
        ("real[batch]fixed>=0", "real[batch] >= 0 fixed"),
        ("real[batch] > 0 < 1", "real[batch] in (0, 1)"),
        ("real[batch] <= 1 >= -1", "real[batch] in [-1, 1]"),
        ("real[b] = 1 where (m) fixed", "real[b] fixed where m = 1"),
        ("real[b] where (x where y) = (1 where z)", "real[b] where (x where y) = (1 where z)"),
        ("each real[out,rest...] of 'e.*'", 'each real[out, rest...] of "e.*"'),
        ("real[ each ]", "real[each]"),
    ],
)
def test_declarations_have_one_style(written: str, style: str) -> None:
    assert unparse(parse_declaration(verbatim(written))) == style


def test_chains_of_any_length_are_written() -> None:
    text = " - ".join(["x"] * 20_000)
    node = expression(text)
    assert unparse(node) == text
    assert structurally_equal(node, expression(text))


def test_equality_ignores_places_and_spelling() -> None:
    assert structurally_equal(expression("1e-3*x"), expression("  0.001 * (x)"))
    for other in ["0.001 + x", "0.001 * y", "0.001 * x'", "0.001 * f(x)", "x * 0.001"]:
        assert not structurally_equal(expression("1e-3*x"), expression(other))
    assert not structurally_equal(expression("1"), expression("1.0"))
    assert not structurally_equal(expression("1"), expression("true"))
    assert not structurally_equal(expression("f(x)"), expression("f(x, x)"))


def test_an_unknown_node_has_no_text() -> None:
    span = Fragment.verbatim(Source("t", "x")).whole
    assert unparse(AxisRef(span, "axes", rest=True)) == "axes..."
    with pytest.raises(TypeError, match="no text for Node"):
        unparse(Node(span))
