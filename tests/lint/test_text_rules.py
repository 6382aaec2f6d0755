"""The rules that read YAML only: LD101, LD102, LD103."""

import pytest

from lossdsl.lint.fix import apply_edits
from tests.lint.support import text_findings


def only(text, code):
    (finding,) = text_findings(text, code)
    return finding


def mended(text, finding):
    return apply_edits(text, finding.fix.edits)


@pytest.mark.parametrize(
    "text",
    [
        "loss: ce(x, y)  # cross-entropy\n",
        "loss: ce(x, y)\n# a comment\nmetrics: {}\n",
        "loss:\n  ce: ce(x, y)  # first\n  ent: entropy(x)\n",
        "loss:\n  - a  # first\n  - b\n",
        "name: t  #7\n",
        "inputs:\n  x:\n    doc: see issue #7\n",
        "loss: 'a #b'\n",
        "loss: a#b\n",
        "inputs: {  # of the model\n  x: real[batch], # rows\n  z: real[batch]}\n",
    ],
)
def test_ordinary_comments_are_no_mistake(text):
    assert text_findings(text, "LD101") == []


def test_a_hash_that_touches_a_word_is_warned_of():
    text = "loss: a #b + c\nmetrics: {}\n"
    finding = only(text, "LD101")
    assert (finding.severity, finding.line, finding.column, finding.span.text) == ("warning", 1, 9, "#b + c")
    assert "`#b`" in finding.message
    assert mended(text, finding) == "loss: a # b + c\nmetrics: {}\n"
    assert finding.fix.safe


def test_a_pattern_that_holds_a_hash_is_quoted():
    text = 'inputs:\n  w: each real[out] of "it\'s #1.*" >= 0  # rows\n'
    finding = only(text, "LD101")
    assert finding.severity == "error"
    assert mended(text, finding) == "inputs:\n  w: 'each real[out] of \"it''s #1.*\" >= 0'  # rows\n"


@pytest.mark.parametrize(
    "text", ["loss: ce(x, # y)\n", "loss: a + # b\n", "loss: a where # m\n", "loss: x[k # 1]\n"]
)
def test_an_unfinished_expression_is_an_error_without_fix(text):
    finding = only(text, "LD101")
    assert (finding.severity, finding.column) == ("error", text.index("#") + 1)
    assert finding.fix is None


@pytest.mark.parametrize(
    ("text", "after"),
    [
        (
            "loss:\n  ce: a +  # one\n\n    b\n",
            "loss:\n  # one\n  ce: a +\n\n    b\n",
        ),
        (
            "loss:\n  a  # one\n  + b\n",
            "loss:\n  # one\n  a\n  + b\n",
        ),
        (
            "loss: a\n  + b  # one\n  + c\n",
            "# one\nloss: a\n  + b\n  + c\n",
        ),
    ],
)
def test_a_comment_inside_an_expression_moves_above_it(text, after):
    finding = only(text, "LD101")
    assert finding.severity == "error" and finding.span.text == "# one"
    assert mended(text, finding) == after
    assert text_findings(after, "LD101") == []


@pytest.mark.parametrize(
    ("value", "number", "fixed"),
    [
        ("1_000", "1000", "1000"),
        ("-1_0.5e3", "-10.5e3", "-10.5e3"),
        ("0o17", "15", "15"),
        ("12:30", "750", None),
        ("-1:30", "-90", None),
    ],
)
def test_numbers_that_depend_on_the_yaml_version(value, number, fixed):
    text = f"params:\n  a: {{value: {value}}}\n"
    finding = only(text, "LD102")
    assert (finding.severity, finding.span.text) == ("warning", value)
    assert f"`{value}` as the number {number}," in finding.message
    assert (finding.fix and mended(text, finding)) == (fixed and text.replace(value, fixed))


@pytest.mark.parametrize(
    "value", ["1e-3", "0.5", "10", "a_1", "'1_000'", "12:60", "1:b", "cosine(1, 0)", "_1"]
)
def test_other_values_are_fine(value):
    assert text_findings(f"params: {{a: {value}}}\n", "LD102") == []


def test_only_parameter_values_are_read():
    assert text_findings("doc: 12:30\nparams: {a: {doc: 12:30, value: 1}}\n1_0: 2\n", "LD102") == []
    assert len(text_findings("examples:\n  - params: {a: 1_0}\n    given: {x: 1_0}\n", "LD102")) == 1


@pytest.mark.parametrize("word", ["on", "off", "yes", "no", "On", "OFF"])
def test_boolean_words_as_keys_and_names(word):
    for text in (
        f"inputs: {{{word}: real[a]}}\n",
        f"name: {word}\n",
        f"options: {{d: {{one_of: [{word}]}}}}\n",
    ):
        finding = only(text, "LD103")
        assert (finding.severity, finding.span.text) == ("warning", word)
        assert text.startswith(word, finding.span.start)
        assert finding.fix.edits[0].text == f'"{word}"'
        assert text_findings(mended(text, finding), "LD103") == []


def test_other_names_are_fine():
    assert text_findings("inputs: {y: real[a], n: real[a], 'on': real[a]}\ndoc: no\n", "LD103") == []
