"""Nodes and complaints point at the characters of the file."""

from collections.abc import Iterator
from dataclasses import fields

import pytest

from lossdsl.source.diagnostic import LossDSLError
from lossdsl.source.span import Fragment
from lossdsl.source.text import Source
from lossdsl.syntax.ast import Binary, Call, Name, Node
from lossdsl.syntax.parse import parse_declaration, parse_expression
from tests.syntax.helpers import expression, scalar, verbatim


def spans(node: Node) -> Iterator[str]:
    yield f"{type(node).__name__} {node.span.text}"
    waiting = [getattr(node, field.name) for field in fields(node)]
    while waiting:
        value = waiting.pop(0)
        if isinstance(value, Node):
            yield from spans(value)
        elif isinstance(value, tuple):
            waiting[:0] = value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(a + b) * c", ["Binary (a + b) * c", "Binary a + b", "Name a", "Name b", "Name c"]),
        (" - (x') ", ["Unary - (x')", "Name x'"]),
        ("( (a) )'", ["Prime ( (a) )'", "Name a"]),
        (
            "f[k](p || (q), t=-1)",
            ["Call f[k](p || (q), t=-1)", "AxisRef k", "Pair p || (q)", "Name p", "Name q"]
            + ["Unary -1", "Number 1"],
        ),
        (
            "(x)[t=1.., a=b ..]",
            ["Select (x)[t=1.., a=b ..]", "Name x", "AxisRef t", "Slice 1..", "Number 1"]
            + ["AxisRef a", "Slice b ..", "Name b"],
        ),
        ("x[p.event', k...]", ["Rename x[p.event', k...]", "Name x", "AxisRef p.event'", "AxisRef k..."]),
        ("prev.f'", ["Prime prev.f'", "Member prev.f"]),
        ("x where (m)", ["Where x where (m)", "Name x", "Name m"]),
        ("where(c,a,b)", ["Call where(c,a,b)", "Name c", "Name a", "Name b"]),
    ],
)
def test_verbatim(text: str, expected: list[str]) -> None:
    assert list(spans(expression(text))) == expected


def test_inside_of_a_file() -> None:
    source = Source("a.yaml", "loss:\n  ce: a + f(b)\n")
    node = parse_expression(Fragment.verbatim(source, 12, 20))
    assert isinstance(node, Binary) and isinstance(node.right, Call)
    assert (node.right.span.line, node.right.span.column, node.right.span.text) == (2, 11, "f(b)")
    assert node.right.func_span.text == "f"


DOCUMENT = "loss: >-\n  a +\n  f(b,\n    cc)\n"
FOLDED = (("a +", "a +"), ("\n  ", " "), ("f(b,", "f(b,"), ("\n    ", " "), ("cc)", "cc)"))


def test_folded() -> None:
    node = parse_expression(scalar(DOCUMENT, *FOLDED, whole=DOCUMENT[6:]))
    assert isinstance(node, Binary) and isinstance(node.right, Call)
    assert node.span.text == DOCUMENT[11:-1]
    assert node.right.span.text == "f(b,\n    cc)"
    last = node.right.args[1]
    assert (last.span.line, last.span.column, last.span.text) == (4, 5, "cc")


def test_quoted() -> None:
    document = """x: 'dot[k](z, z'')'"""
    pieces = (("dot[k](z, z", "dot[k](z, z"), ("''", "'"), (")", ")"))
    node = parse_expression(scalar(document, *pieces, whole="'dot[k](z, z'')'"))
    assert isinstance(node, Call)
    primed = node.args[1]
    assert isinstance(primed, Name) and (primed.id, primed.primes) == ("z", 1)
    assert primed.span.text == "z''"
    assert node.span.text == "dot[k](z, z'')"


def test_complaints_in_a_folded_scalar() -> None:
    pieces = (*FOLDED[:-1], ("cc)", "cc]"))
    with pytest.raises(LossDSLError) as caught:
        parse_expression(scalar(DOCUMENT, *pieces, whole=DOCUMENT[6:]))
    found = caught.value.diagnostics[0]
    assert (found.line, found.column) == (4, 7)
    assert [(span.line, span.column) for span, _ in found.labels] == [(3, 4)]


def test_an_empty_scalar_is_pointed_at_as_a_whole() -> None:
    with pytest.raises(LossDSLError) as caught:
        parse_expression(scalar("loss: ''", whole="''"))
    assert caught.value.span is not None and caught.value.span.text == "''"


def test_declarations() -> None:
    found = parse_declaration(verbatim(" index[b, c'] of k in [0, 1] fixed where (m) "))
    assert found.span.text == "index[b, c'] of k in [0, 1] fixed where (m)"
    assert found.axes is not None and [axis.span.text for axis in found.axes] == ["b", "c'"]
    assert found.of is not None and found.of.span.text == "k"
    assert found.interval is not None and found.interval.span.text == "in [0, 1]"
