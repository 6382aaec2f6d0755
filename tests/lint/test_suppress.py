"""Comments that silence findings, and those that do not."""

import pytest

from lossdsl.lint.fix import apply_edits
from lossdsl.lint.selection import Selection
from lossdsl.source.diagnostic import Diagnostic
from lossdsl.source.span import Span
from tests.lint.support import suppressed


def at(mark, severity="warning", code="LD401", name="log-of-softmax"):
    """One finding at the first `mark` of the text."""

    def make(source):
        start = source.text.index(mark)
        return [Diagnostic(code, name, severity, "m", Span(source, start, start + len(mark)))]

    return make


@pytest.mark.parametrize(
    "text",
    [
        "loss: bad  # lossdsl: ignore[LD401] measured\n",
        "loss: bad  # lossdsl: ignore[ld401]\n",
        "loss: bad  # lossdsl: ignore[log-of-softmax]\n",
        "loss: bad  # why # lossdsl:ignore[LD401]\n",
        "# lossdsl: ignore[LD401]\nloss: bad\n",
        "a: 1\n# lossdsl: ignore[LD401]\n# and why\n\nloss: bad\n",
        "loss: >-  # lossdsl: ignore[LD401]\n  a +\n  bad\n",
        "# lossdsl: ignore[LD401]\nloss: >-\n  a +\n  bad\n",
        "# lossdsl: ignore[LD401]\nloss:\n  a +\n  bad\n",
        "# licence\n\n# lossdsl: ignore-file[LD401] all\nlossdsl: 1\nloss: bad\n",
    ],
)
def test_the_finding_goes(text):
    assert suppressed(text, at("bad")) == ([], [])


@pytest.mark.parametrize(
    "text",
    [
        "loss: bad  # lossdsl: ignore[LD402]\n",
        "a: 1  # lossdsl: ignore[LD401]\nloss: bad\n",
        "loss: bad\n# lossdsl: ignore[LD401]\n",
        "loss: bad\n# lossdsl: ignore-file[LD401]\n",
        "loss: bad  # lossdsl: ignore\n",
        "loss: bad  # lossdsl: ignore[]\n",
    ],
)
def test_the_finding_stays_and_the_comment_is_reported(text):
    kept, unused = suppressed(text, at("bad"))
    assert [found.code for found in kept] == ["LD401"]
    assert [found.code for found in unused] == ["LD901"]


def test_text_that_looks_like_a_comment_is_none():
    kept, unused = suppressed("loss: 'bad # lossdsl: ignore[LD401]'\n", at("bad"))
    assert len(kept) == 1 and not unused
    kept, unused = suppressed("loss: >-\n  bad # lossdsl: ignore[LD401]\n", at("bad"))
    assert len(kept) == 1 and not unused


def test_an_error_cannot_be_suppressed():
    text = "loss: bad  # lossdsl: ignore[LD002]\n"
    kept, (unused,) = suppressed(text, at("bad", "error", "LD002", "unknown-name"), complete=False)
    assert [found.code for found in kept] == ["LD002"]
    assert unused.message == "LD002 is an error here and cannot be suppressed"


def test_only_the_unused_code_is_removed():
    text = "loss: bad  # lossdsl: ignore[LD401, LD102] because\n"
    kept, (unused,) = suppressed(text, at("bad"))
    assert not kept and unused.span.text == "LD102" and unused.message == "LD102 suppresses nothing here"
    assert apply_edits(text, unused.fix.edits) == "loss: bad  # lossdsl: ignore[LD401] because\n"
    assert unused.fix.safe and unused.severity == "warning"


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("a: b  # lossdsl: ignore[LD401] why\nc: d\n", "a: b\nc: d\n"),
        ("a: b\r\n  # lossdsl: ignore[LD401, LD402]\r\nc: d\r\n", "a: b\r\nc: d\r\n"),
        ("a: b # keep # lossdsl: ignore[LD401]", "a: b # keep"),
        ("# lossdsl: ignore-file[LD401]\na: b\n", "a: b\n"),
    ],
)
def test_an_unused_comment_is_removed(text, after):
    _, (unused,) = suppressed(text, lambda source: [])
    assert apply_edits(text, unused.fix.edits) == after


def test_names_of_no_rule_are_reported():
    _, (unused,) = suppressed("a: b  # lossdsl: ignore[softmax]\n", lambda source: [], complete=False)
    assert unused.message == "softmax is not the code or name of a rule"


def test_a_comment_is_not_unused_where_its_rule_did_not_run():
    text = "a: b  # lossdsl: ignore[LD102]\n"
    assert suppressed(text, lambda source: [], complete=False)[1] == []
    assert suppressed(text, lambda source: [], selection=Selection(ignore=("LD1",)))[1] == []
    assert len(suppressed(text, lambda source: [], selection=Selection(select=("LD1",)))[1]) == 1
