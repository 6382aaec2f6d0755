"""Every character of a decoded scalar knows where it was written."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lossdsl.source import yaml_nodes
from lossdsl.source.scalar_map import exact_map
from lossdsl.source.text import Source
from lossdsl.source.yaml_nodes import Mapping, Scalar, Sequence, read

LOADERS = [yaml.SafeLoader, *([yaml.CSafeLoader] if yaml.__with_libyaml__ else [])]
BREAKS = "\n\r\x85\u2028\u2029"


def scalars(node):
    if isinstance(node, Scalar):
        yield node
    elif isinstance(node, Mapping):
        for key, value in node.pairs:
            yield key
            yield from scalars(value)
    elif isinstance(node, Sequence):
        for item in node.items:
            yield from scalars(item)


def check_map(scalar: Scalar) -> None:
    """The text is exact, and each character stands at its place unless it is an escape or a fold."""
    source, fragment = scalar.span.source, scalar.fragment
    mapped = exact_map(source, scalar.span.start, scalar.end, scalar.style, scalar.indent)
    assert "".join(mapped.parts) == scalar.text == fragment.text
    assert list(fragment.starts) == mapped.starts and list(fragment.ends) == mapped.ends
    last = scalar.span.start
    for char, start, end in zip(fragment.text, fragment.starts, fragment.ends, strict=True):
        raw = source.text[start:end]
        assert last <= start < end <= scalar.end
        last = end
        if raw == char:
            continue
        assert (
            (scalar.style == '"' and raw.startswith("\\"))
            or (scalar.style == "'" and raw == "''" and char == "'")
            or (char == "\n" and raw in ("\r\n", "\r", "\x85"))
            or (char == " " and scalar.style != "|" and raw.strip(" \t" + BREAKS) == "")
        ), (char, raw)


def check_text(text: str, loader=None) -> list[Scalar]:
    found = list(scalars(read(Source("t.yaml", text))))
    for scalar in found:
        check_map(scalar)
    return found


CHARS = st.sampled_from(list("abxyz019 +-*/()[]{}:,#'\"\\|>&!%@`~=?_.\t\n é\u2028😀\u00a0"))
VALUES = st.text(CHARS, max_size=40) | st.text(st.sampled_from("ab \n#:'\"\\\t😀"), max_size=30)


def document(value: str, style: str | None, width: int, indent: int, place: str, line_break: str) -> str:
    data = {
        "mapping": {"k": value, "after": "z"},
        "nested": {"k": {"inner": {"x": value}}, "after": ["z"]},
        "sequence": [["a", value], value],
        "flow": {"k": [value, {"x": value}], "after": "z"},
        "root": value,
    }[place]
    return yaml.dump(
        data, default_style=style, width=width, indent=indent, allow_unicode=True, line_break=line_break,
        default_flow_style=True if place == "flow" else False, sort_keys=False,
    )  # fmt: skip


@pytest.mark.parametrize("style", [None, "'", '"', "|", ">"])
@settings(max_examples=150, deadline=None)
@given(
    VALUES,
    st.sampled_from([8, 20, 10**6]),
    st.integers(2, 6),
    st.sampled_from(["mapping", "nested", "sequence", "flow", "root"]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_dumped_values(style, value, width, indent, place, line_break):
    text = document(value, style, width, indent, place, line_break)
    expected = [n.value for n in scalar_nodes(yaml.compose(text, Loader=yaml.SafeLoader))]
    try:
        found = list(scalars(read(Source("t.yaml", text))))
    except yaml_nodes.LossDSLError as refused:  # keys such as `? |` are outside this test
        pytest.fail(str(refused))
    assert [scalar.text for scalar in found] == expected
    for scalar in found:
        check_map(scalar)


def scalar_nodes(node):
    if isinstance(node, yaml.ScalarNode):
        yield node
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from scalar_nodes(item)
    else:
        for key, value in node.value:
            yield from scalar_nodes(key)
            yield from scalar_nodes(value)


LINES = st.lists(
    st.sampled_from(["a", " b", "  c d", "", " ", "\tt", "e \t", "# f", "g: h", "'i", "'' j", "😀"])
)


@pytest.mark.parametrize("loader", LOADERS)
@settings(max_examples=400, deadline=None)
@given(
    LINES,
    st.sampled_from(["|", ">"]),
    st.sampled_from(["", "-", "+"]),
    st.sampled_from(["", "1", "2", "3"]),
    st.booleans(),
    st.sampled_from(["k: ", "- ", "- k: ", "- - ", "k:\n  l: ", "k:\n- ", ""]),
    st.integers(1, 4),
    st.sampled_from(["\n", "\r\n", "\r", "\u2028", "\x85"]),
    st.sampled_from(["", "\n# end", "\n\n\n  # end\n", "\n \n", "\n"]),
)
@example([], "|", "+", "", False, "k: ", 1, "\n", "\n\n\n  # end\n")
def test_written_blocks(loader, lines, style, chomp, width, swap, prefix, indent, line_break, tail):
    """Blocks as a person may write them, with every header and every kind of line break."""
    header = style + (width + chomp if swap else chomp + width)
    body = "".join(f"\n{' ' * (indent + 2)}{line}" for line in lines)
    read_if_valid(loader, f"{prefix}{header}{body}{tail}".replace("\n", line_break))


PIECES = [
    "a", "b c", " ", "  ", "\t", "\n", "\n  ", "\n\n ", "''", '\\"', "\\\n", "\\n", "\\x41", "\\u00e9",
    "\\U0001F600", "\\\\", "\\ ", "\\\t", "\\/", "\\_", "\\N", "\\L", "\\P", "\\e", "\\0", "\u2028", "\x85",
    "😀", "#", " #", ":",
]  # fmt: skip


@pytest.mark.parametrize("loader", LOADERS)
@settings(max_examples=500, deadline=None)
@given(
    st.lists(st.sampled_from(PIECES), max_size=12).map("".join),
    st.sampled_from(["", "'", '"']),
    st.sampled_from(["k: {}", "- {}", "k: [{}, x]", "k: {{l: {}}}", "{}", "k:\n  {}\nl: x"]),
    st.sampled_from(["\n", "\r\n", "\r", "\u2029"]),
)
@example("a\\\n  \n b", '"', "k: {}", "\n")
@example("a \u2028 b", "", "k: {}", "\n")
def test_written_flow_scalars(loader, body, quote, frame, line_break):
    """Plain and quoted scalars with folds and every escape."""
    text = frame.format(quote + body.replace("\n", "\n  ") + quote)
    read_if_valid(loader, text.replace("\n", line_break))


def read_if_valid(loader, text: str) -> None:
    saved = yaml_nodes.LOADER
    yaml_nodes.LOADER = loader
    try:
        root = read(Source("t.yaml", text))
    except yaml_nodes.LossDSLError:
        return
    finally:
        yaml_nodes.LOADER = saved
    for scalar in scalars(root):
        check_map(scalar)


PLACES = [
    ("plain", "k: kl(p || q)\n", "q", (1, 12)),
    ("plain over lines", "k: kl(p ||\n     q)\n", "q", (2, 6)),
    ("single", "k: 'kl(p || q)'\n", "q", (1, 13)),
    ("single with a quote", "k: 'it''s q'\n", "q", (1, 11)),
    ("double", 'k: "kl(p || q)"\n', "q", (1, 13)),
    ("double with escapes", 'k: "\\u0041\\x41\\tq"\n', "q", (1, 17)),
    ("double with a joined line", 'k: "p + \\\n    q"\n', "q", (2, 5)),
    ("literal", "k: |\n  p +\n  q\n", "q", (3, 3)),
    ("literal with an indent", "k: |2-\n     p +\n   q\n", "q", (3, 4)),
    ("folded", "k: >-\n  p\n  + q\n", "q", (3, 5)),
    ("folded with a comment", "k: > # why\n\n    p\n    + q\n", "q", (4, 7)),
    ("folded in a list", "- >\n p\n q\n", "q", (3, 2)),
    ("carriage returns", "k: |\r\n  p +\r\n  q\r\n", "q", (3, 3)),
    ("astral before", "k: '😀 q'\n", "q", (1, 7)),
    ("after a byte order mark", "\ufeffk: 'q'\n", "q", (1, 6)),
    ("flow", "k: {a: [p, 'q']}\n", "q", (1, 13)),
    ("key", "k:\n  'f(p || q)': x\n", "q", (2, 11)),
]


@pytest.mark.parametrize(("style", "text", "char", "place"), PLACES)
def test_line_and_column(style, text, char, place):
    found = [scalar.fragment for scalar in check_text(text) if char in scalar.text]
    at = found[0].text.index(char)
    span = found[0].span(at, at + 1)
    assert (span.line, span.column) == place
    assert span.text == char


def test_span_of_a_block_ends_with_its_text():
    (_, block, *_) = check_text("a: |+\n  x\n  y\n\n# c\nb: 1\n")
    assert block.text == "x\ny\n\n"
    assert block.span.text == "|+\n  x\n  y"


@pytest.mark.parametrize("body", ["a\\n" * 200_000, "\\n" + " " * 500_000 + "a", "\\\n" * 200_000])
def test_a_long_scalar_is_mapped_in_linear_time(body):
    check_text(f'"{body}"')
