"""Scalars and comments with their places."""

import pytest

from lossdsl.lint.scalars import layout


def test_paths_styles_and_places():
    text = "a: {p: 'x # y', q: [1, on]}\nb:\n  - >-\n    folded\n    text\n  - c: |-\n"
    found = layout(text).scalars
    values = [(s.path, s.value, s.style, s.is_key, s.in_flow) for s in found]
    assert values == [
        (("a",), "a", "", True, False),
        (("a", "p"), "p", "", True, True),
        (("a", "p"), "x # y", "'", False, True),
        (("a", "q"), "q", "", True, True),
        (("a", "q", 0), "1", "", False, True),
        (("a", "q", 1), "on", "", False, True),
        (("b",), "b", "", True, False),
        (("b", 0), "folded text", ">", False, False),
        (("b", 1, "c"), "c", "", True, False),
        (("b", 1, "c"), "", "|", False, False),
    ]
    assert [text[s.start : s.end] for s in found[:4]] == ["a", "p", "'x # y'", "q"]


@pytest.mark.parametrize(
    ("text", "comments"),
    [
        ("# one\na: b # two\n", ["# one", "# two"]),
        ("a: 'b # no' # yes\n", ["# yes"]),
        ("a: b#no\n", []),
        ("a: >- # yes\n  x # no\n  # no\n# yes\nb: 1", ["# yes", "# yes"]),
        ("a: |\n  x\n\n# yes\n", ["# yes"]),
        ("\t# yes\r\na: é # yes\r\n", ["# yes", "# yes"]),
        ("", []),
    ],
)
def test_comments(text, comments):
    assert [text[start:end] for start, end in layout(text).comments] == comments


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "a: [", "? [a, b]\n: c\n", "&x a: *x\n*x : 2\n", "%t\x00", "\ud800"]
)
def test_odd_input_ends_quietly(text):
    layout(text)


def test_aliases_and_collections_as_keys_keep_the_paths_right():
    assert layout("a: &x 1\n*x : 2\nb: 3\n").scalars[-1].path == ("b",)
    assert layout("? [a, b]\n: c\nd: e\n").scalars[-1].path == ("d",)
