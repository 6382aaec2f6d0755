"""The linter from text to findings, compiler included."""

import pytest

import lossdsl
from lossdsl.lint.registry import all_rules
from lossdsl.lint.runner import lint_path, lint_text
from lossdsl.lint.selection import Selection, unknown
from lossdsl.source.diagnostic import LossDSLError

GOOD = """\
lossdsl: 1
name: good
inputs:
  x: logits[batch, class]
  y: index[batch] of class ignore -100
params: {tau: 0.5}
loss:
  ce: ce(x / tau, y)  # the usual
  ent: 0.1 * entropy(x)
"""
BAD = "lossdsl: 1\nname: t\ninputs: {x: 'real[a]'}\nparams: {no: 2}\nloss: no * mean(xx)\n"


def codes(findings):
    return [finding.code for finding in findings]


def test_a_good_spec_is_clean():
    assert lint_text(GOOD) == []


def test_findings_come_in_order_of_place():
    findings = lint_text(BAD, "bad.yaml")
    assert codes(findings) == ["LD103", "LD002"]
    last = findings[-1]
    assert (last.file, last.line, last.column, last.span.text) == ("bad.yaml", 5, 17, "xx")
    assert [(f.line, f.column) for f in findings] == sorted((f.line, f.column) for f in findings)


def test_the_public_function_takes_text_files_and_folders(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_text(BAD, encoding="utf-8")
    expected = codes(lossdsl.lint(BAD))
    assert (
        codes(lossdsl.lint(path))
        == codes(lossdsl.lint(str(path)))
        == codes(lossdsl.lint(tmp_path))
        == expected
    )
    assert lossdsl.lint(path)[0].file == str(path)
    assert codes(lossdsl.lint("{lossdsl: 1, name: t, inputs: {x: 'real[a]'}, loss: mean(xx)}")) == ["LD002"]
    assert lossdsl.lint("\ufeff" + GOOD) == []


@pytest.mark.parametrize("path", ["missing.yaml", "a\0b", "x" * 5000])
def test_a_path_that_leads_nowhere_is_an_error(path):
    with pytest.raises(LossDSLError) as caught:
        lossdsl.lint(path)
    assert caught.value.code == "LD024"


@pytest.mark.parametrize(
    "text", ["\n", "- a\n", "a: [\n", "lossdsl: 1\n", "\x00\n", "[" * 5000 + "\n", "lossdsl: 2\nq: 1\n"]
)
def test_malformed_text_ends_in_errors_with_places(text):
    findings = lint_text(text)
    assert findings and all(finding.span for finding in findings)
    assert any(finding.severity == "error" for finding in findings)


def test_suppression_end_to_end():
    text = GOOD.replace("0.5}", "1_0}  # lossdsl: ignore[LD102] legacy file")
    assert "LD102" not in codes(lint_text(text))
    unused = GOOD.replace("0.5}", "10}  # lossdsl: ignore[LD102] legacy file")
    assert codes(lint_text(unused)) == ["LD901"]


def test_selection():
    text = GOOD.replace("tau", "off")
    assert codes(lint_text(text)) == ["LD103"]
    assert lint_text(text, selection=Selection(ignore=("LD1",))) == []
    assert lint_text(text, selection=Selection(ignore=("yaml-bool-key",))) == []
    assert lint_text(text, selection=Selection(select=("LD9",))) == []
    assert "LD002" in codes(lint_text(BAD, selection=Selection(select=("LD9",), ignore=("LD002",))))
    assert unknown("LX1") and unknown("softmax") and not unknown("ld4") and not unknown("unused-suppression")


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)
def test_the_example_of_each_rule_shows_it_and_its_remedy_is_clean(rule):
    assert rule.code in codes(lint_text(rule.example))
    assert lint_text(rule.instead) == []


def test_lint_path_of_a_folder(tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text(GOOD.replace("tau", "off"), encoding="utf-8")
    assert [finding.file for finding in lint_path(tmp_path)] == [
        str(tmp_path / "a.yaml"),
        str(tmp_path / "b.yaml"),
    ]
