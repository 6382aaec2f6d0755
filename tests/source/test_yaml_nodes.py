import time

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lossdsl.source import yaml_nodes
from lossdsl.source.diagnostic import LossDSLError
from lossdsl.source.text import Source
from lossdsl.source.yaml_nodes import Mapping, Scalar, Sequence, read


@pytest.fixture(params=["C", "python"], autouse=True)
def loader(request, monkeypatch):
    if request.param == "C":
        if not yaml.__with_libyaml__:
            pytest.skip("PyYAML without libyaml")
        monkeypatch.setattr(yaml_nodes, "LOADER", yaml.CSafeLoader)
    else:
        monkeypatch.setattr(yaml_nodes, "LOADER", yaml.SafeLoader)


def refused(text: str) -> LossDSLError:
    with pytest.raises(LossDSLError) as caught:
        read(Source("t.yaml", text))
    return caught.value


def test_nodes_and_their_spans():
    root = read(Source("t.yaml", "a: {b: [1, x], c: 'q'}\nd:\n  - e: 2\n  - []\n# end\n"))
    assert isinstance(root, Mapping) and not root.flow
    assert [key.text for key, _ in root.pairs] == ["a", "d"]
    inner, items = root.get("a"), root.get("d")
    assert isinstance(inner, Mapping) and inner.flow
    assert inner.span.text == "{b: [1, x], c: 'q'}"
    numbers, quoted = inner.get("b"), inner.get("c")
    assert isinstance(numbers, Sequence) and numbers.span.text == "[1, x]"
    assert [item.value for item in numbers.items] == [1, "x"]
    assert isinstance(quoted, Scalar) and quoted.span.text == "'q'" and quoted.style == "'"
    assert items.span.text == "- e: 2\n  - []"
    assert root.get("z") is None


def test_quoted_scalars_are_text():
    root = read(Source("t.yaml", "a: '1'\nb: \"true\"\nc: |\n  1\nd: 1\n"))
    assert [value.value for _, value in root.pairs] == ["1", "true", "1\n", 1]


def test_spans_after_a_byte_order_mark():
    root = read(Source("t.yaml", "\ufeffa: [1]\nb: {c: d}\n"))
    assert [(key.span.text, value.span.text) for key, value in root.pairs] == [("a", "[1]"), ("b", "{c: d}")]


def test_duplicate_keys_are_all_reported():
    failure = refused("a: 1\nb: 2\na: 3\nc: {d: 1, 'd': 2}\n")
    assert [(d.code, d.line, d.column) for d in failure.diagnostics] == [("LD104", 3, 1), ("LD104", 4, 11)]
    ((place, text),) = failure.diagnostics[0].labels
    assert (place.line, place.column, text) == (1, 1, "first given here")


QUOTE = "quote the expression"
REFUSED = [
    ("x: |p - q|\n", 1, 4, QUOTE),
    ("x: > 3\n", 1, 4, QUOTE),
    ("x: *p + q\n", 1, 4, QUOTE),
    ("x: *p\n", 1, 4, QUOTE),
    ("x: &y + 1\n", 1, 4, QUOTE),
    ("x: &y(z)\n", 1, 4, QUOTE),
    ("x: !f(x)\n", 1, 4, QUOTE),
    ("x: !!python/object/apply:os.system [ls]\n", 1, 4, QUOTE),
    ("x: %t\n", 1, 4, QUOTE),
    ("a: 1\nx: @mean(x)\n", 2, 4, QUOTE),
    ("x: `a`\n", 1, 4, QUOTE),
    ("x: {a}+b\n", 1, 4, QUOTE),
    ("x: [a] + b\ny: 2\n", 1, 4, QUOTE),
    ("x: - a\n", 1, 4, QUOTE),
    ("x: a ? b : c\n", 1, 10, QUOTE),
    ("x: kl(p||q): mean\n", 1, 12, QUOTE),
    ("x: {is: probs[class], b: 2}\n", 1, 14, QUOTE),
    ("x: [a, b\ny: 2\n", 2, 2, "close it"),
    ("x: 'a' + b\n", 1, 8, "quote the whole expression"),
    ('x: "abc\ny: 2\n', 1, 4, "close it"),
    ("x:\n\ty: 1\n", 2, 1, "spaces"),
    ("x: 1\n\ty: 1\n", 2, 1, "spaces"),
    ("x:\n  a: 1\n b: 2\n", 3, 2, "indentation"),
    ("x: a\n  b: c\n", 2, 4, "indentation"),
    ("x: a # c\n  + b\n", 2, 3, "comment"),
    ("x: 1\nfoo\ny: 2\n", 2, 1, "`:`"),
    ("a: 1\n---\nb: 2\n", 2, 1, "one spec per file"),
    ("%YAML 2.0\n---\na: 1\n", 1, 1, "%YAML"),
    ("", 1, 1, "lossdsl: 1"),
    ("# only a comment\n", 1, 1, "lossdsl: 1"),
    ("a: {<<: {b: 1}}\n", 1, 5, "write the merged fields out"),
    ("a: 1\n2: 3\n", 2, 1, "quote it"),
    ("a: {true: 3}\n", 1, 5, "quote it"),
    ("a: {null: 3}\n", 1, 5, "quote it"),
    ("? [a]\n: 1\n", 1, 3, "write a name"),
    ("{a: 1}: 2\n", 1, 1, "write a name"),
    ("a: \0\n", 1, 4, "encoding"),
    ("a: \ud800\n", 1, 4, "encoding"),
]


@pytest.mark.parametrize(
    ("text", "line", "column", "advice"), REFUSED, ids=[repr(case[0]) for case in REFUSED]
)
def test_refused_with_place_and_advice(text, line, column, advice):
    (found,) = refused(text).diagnostics
    assert (found.code, found.name, found.severity) == ("LD009", "invalid-yaml", "error")
    assert (found.line, found.column) == (line, column)
    assert advice in found.help


MEBI = 1 << 20
HOSTILE = {
    "long file": ("a" * (MEBI + 1), "LD008"),
    "long file of wide characters": ("é" * (MEBI // 2 + 1), "LD008"),
    "deep flow lists": ("[" * 100_000, "LD008"),
    "deep flow mappings": ("{a: " * 50_000, "LD008"),
    "deep block lists": ("- " * 50_000, "LD008"),
    "deep keys": ("? " * 50_000, "LD008"),
    "deep indentation": ("".join(" " * i + "a:\n" for i in range(400)), "LD008"),
    "many nodes": ("[" + "a," * 60_000 + "]", "LD008"),
    "many laughs": ("a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n", "LD009"),
    "a cycle": ("a: &a [*a]\n", "LD009"),
    "many tags": ("!" * 100_000, "LD009"),
    "many colons": ("a: b: " * 50_000, "LD009"),
    "an open quote": ("a: '" + "''" * 100_000, "LD009"),
    "many duplicates": ("a: 1\n" * 20_000, "LD104"),
}


@pytest.mark.parametrize(("text", "code"), HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_files_are_refused_quickly(text, code):
    start = time.perf_counter()
    failure = refused(text)
    assert failure.code == code
    assert len(failure.diagnostics) <= 100
    assert time.perf_counter() - start < 5


def test_limits_are_reached_not_before():
    depth = yaml_nodes.MAX_DEPTH
    read(Source("t.yaml", "[" * depth + "]" * depth))
    assert refused("[" * (depth + 1) + "]" * (depth + 1)).code == "LD008"


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from("ab:- \n\t[]{},'\"|>&*!%@`#?\\0\r\u2028😀~<="), max_size=40))
@example("'")
@example("a: |9\n b")
def test_any_text_is_read_or_refused(text):
    try:
        root = read(Source("t.yaml", text))
    except LossDSLError as failure:
        for found in failure.diagnostics:
            assert found.span is not None and 0 <= found.span.start <= found.span.end <= len(text)
            assert found.message
    else:
        assert root.span.end <= len(text)
