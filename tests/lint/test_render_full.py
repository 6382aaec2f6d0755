"""The full format, character by character."""

import pytest

from lossdsl.lint.render import render
from lossdsl.lint.report import Report
from lossdsl.source.diagnostic import Diagnostic, Edit, Fix
from lossdsl.source.span import Span
from lossdsl.source.text import Source

SPEC = """\
lossdsl: 1
name: demo
loss: ce(logits, labels) + 0.1 * entrpy(attn)
"""


def spec_span(text, part, source=None):
    source = source or Source("spec.yaml", text)
    start = text.index(part)
    return Span(source, start, start + len(part))


def unknown(span, **more):
    return Diagnostic("LD002", "unknown-name", "error", "nothing is called `entrpy`", span, **more)


def full(*findings, files=("spec.yaml",), color=False):
    return render(Report(findings, files), "full", color=color)


def test_a_finding_with_help_and_fix():
    span = spec_span(SPEC, "entrpy")
    fix = Fix("rename to `entropy`", (Edit(span, "entropy"),), safe=False)
    assert (
        full(unknown(span, help="did you mean `entropy`?", fix=fix))
        == """\
error[LD002] unknown-name: nothing is called `entrpy`
  --> spec.yaml:3:34
   |
 3 | loss: ce(logits, labels) + 0.1 * entrpy(attn)
   |                                  ^^^^^^
   |
   = help: did you mean `entropy`?
   = fix: rename to `entropy` (unsafe)
 3 - loss: ce(logits, labels) + 0.1 * entrpy(attn)
 3 + loss: ce(logits, labels) + 0.1 * entropy(attn)

1 error in 1 file (1 fixable with --unsafe-fixes)
"""
    )


def test_wide_characters_tabs_and_combining_marks_keep_the_caret_in_place():
    text = "a:\t'漢e\u0301' + xx"
    assert full(unknown(spec_span(text, "xx"))) == (
        "error[LD002] unknown-name: nothing is called `entrpy`\n"
        "  --> spec.yaml:1:12\n"
        "   |\n"
        " 1 | a:    '漢e\u0301' + xx\n"
        "   |       " + " " * 8 + "^^\n"
        "\n1 error in 1 file\n"
    )


def test_a_wide_span_is_underlined_in_full():
    assert "   |    ^^^^ \n".replace(" \n", "\n") in full(unknown(spec_span("a: 漢字", "漢字")))


def test_control_characters_cannot_reach_the_terminal():
    text = "a: \x1b[31mxx\u202e"
    shown = full(unknown(spec_span(text, "xx"), help="\x07"))
    assert "\x1b" not in shown and "\x07" not in shown and "\u202e" not in shown
    assert " 1 | a: ␛[31mxx\ufffd\n   |         ^^\n" in shown


def test_a_span_over_several_lines_shows_the_first_and_the_last():
    text = "loss: >-\n  a +\n  b +\n  c\n"
    assert (
        full(unknown(spec_span(text, ">-\n  a +\n  b +\n  c\n")))
        == """\
error[LD002] unknown-name: nothing is called `entrpy`
  --> spec.yaml:1:7
   |
 1 | loss: >-
   |       ^^
...
 4 |   c
   |   ^

1 error in 1 file
"""
    )


def test_labels_in_the_same_and_in_another_file():
    source = Source("spec.yaml", "define:\n  f(x): mean(x)\n\nmetrics:\n  a: 1\nloss: f(y, z)\n")
    other = Source("std/other.yaml", "define:\n  g(x): x\n")
    span = spec_span(source.text, "f(y, z)", source)
    labels = (
        (spec_span(source.text, "f(x)", source), "defined here"),
        (spec_span(source.text, "z", source), "one too many"),
        (spec_span(other.text, "g(x)", other), "and here"),
    )
    assert (
        full(unknown(span, labels=labels))
        == """\
error[LD002] unknown-name: nothing is called `entrpy`
  --> spec.yaml:6:7
   |
 2 |   f(x): mean(x)
   |   ---- defined here
...
 6 | loss: f(y, z)
   |       ^^^^^^^
   |            - one too many
  ::: std/other.yaml:2:3
   |
 2 |   g(x): x
   |   ---- and here

1 error in 1 file
"""
    )


def test_the_gutter_is_as_wide_as_the_largest_line_number():
    text = "\n" * 99 + "loss: xx\n"
    assert "   --> spec.yaml:100:7\n".replace("   -", "    -", 1) in full(unknown(spec_span(text, "xx")))
    assert "\n 100 | loss: xx\n     |       ^^\n" in full(unknown(spec_span(text, "xx")))


def test_a_long_line_is_shown_around_the_mark():
    text = "loss: " + "a + " * 100 + "xx" + " + b" * 100
    shown = full(unknown(spec_span(text, "xx"))).splitlines()
    assert shown[3].startswith(" 1 | ...") and shown[3].endswith("...") and len(shown[3]) < 180
    column = shown[4].index("^^")
    assert shown[3][column : column + 2] == "xx"


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_an_empty_span_at_the_end_has_one_caret(newline):
    text = f"loss: mean({newline}"
    source = Source("spec.yaml", text)
    end = len("loss: mean(")
    assert "   |            ^\n" in full(unknown(Span(source, end, end)))
    assert "\r" not in full(unknown(Span(source, end, end)))


def test_an_empty_file_and_a_finding_without_a_place():
    assert " 1 |\n   | ^\n" in full(unknown(Span(Source("spec.yaml", ""), 0, 0)))
    assert full(unknown(None), files=()) == (
        "error[LD002] unknown-name: nothing is called `entrpy`\n\n1 error in 0 files\n"
    )


def test_a_fix_that_removes_and_adds_lines():
    text = "a: 1\n# gone\nb: x # c\nz: 2\n"
    source = Source("spec.yaml", text)
    remove = Edit(spec_span(text, "# gone\n", source), "")
    insert = Edit(Span(source, text.index("b:"), text.index("b:")), "# c\n")
    cut = Edit(spec_span(text, " # c", source), "")
    shown = full(unknown(spec_span(text, "x", source), fix=Fix("tidy", (remove, insert, cut), safe=True)))
    assert "   = fix: tidy\n 2 - # gone\n 3 - b: x # c\n 2 + # c\n 3 + b: x\n" in shown


def test_colours_only_when_asked_for():
    finding = unknown(spec_span(SPEC, "entrpy"), help="look")
    assert "\x1b" not in full(finding)
    coloured = full(finding, color=True)
    assert "\x1b[1;31merror[LD002]\x1b[0m" in coloured and "\x1b[1;31m^^^^^^\x1b[0m" in coloured


@pytest.mark.parametrize(
    ("severities", "files", "expected"),
    [
        (["error", "error", "warning"], 3, "2 errors, 1 warning in 3 files"),
        (["info"], 1, "1 info in 1 file"),
        ([], 2, "no findings in 2 files"),
    ],
)
def test_the_summary(severities, files, expected):
    findings = [Diagnostic("LD000", "n", severity, "m", None) for severity in severities]
    assert Report(findings, ["f"] * files).summary() == expected


def test_the_summary_counts_fixes():
    fixes = [Fix("t", (), safe) for safe in (True, True, False)]
    findings = [Diagnostic("LD000", "n", "warning", "m", None, fix=fix) for fix in fixes]
    assert Report(findings, ["f"], fixed=4).summary() == (
        "3 warnings in 1 file (4 fixed, 2 fixable with --fix, 1 more with --unsafe-fixes)"
    )
