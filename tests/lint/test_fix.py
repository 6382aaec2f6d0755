"""Fixes as text edits."""

import pytest

from lossdsl.lint import fix
from lossdsl.source.diagnostic import Diagnostic, Edit, Fix
from lossdsl.source.span import Span
from lossdsl.source.text import Source


def replacing(source, old, new, *, safe=True, severity="warning"):
    start = source.text.index(old)
    span = Span(source, start, start + len(old))
    return Diagnostic(
        "LD000", "test", severity, f"{old} to {new}", span, fix=Fix("t", (Edit(span, new),), safe)
    )


@pytest.fixture
def linter(monkeypatch):
    """Replaces the linter by rules `old -> new`; True as third part makes one unsafe."""

    def use(*rules, broken_by=None):
        def lint(source, selection):
            found = [replacing(source, old, new, safe=safe) for old, new, safe in rules if old in source.text]
            if broken_by and broken_by in source.text:
                found.append(Diagnostic("LD001", "syntax-error", "error", "broken", Span(source, 0, 0)))
            return found

        monkeypatch.setattr(fix, "lint_source", lint)

    return use


def test_rounds_go_on_until_nothing_changes(linter):
    linter(("a", "bb", True), ("b", "c", True))
    done = fix.fix_source(Source("s", "a # kept\n"))
    assert done.text == "cc # kept\n"
    assert len(done.mended) == 3 and done.left == ()


def test_unsafe_fixes_only_on_request(linter):
    linter(("a", "b", False), ("x", "z", True))
    assert fix.fix_source(Source("s", "a x")).text == "a z"
    assert len(fix.fix_source(Source("s", "a x")).left) == 1
    assert fix.fix_source(Source("s", "a x"), unsafe=True).text == "b z"


def test_two_rules_that_undo_each_other_end(linter):
    linter(("on", "off", True), ("off", "on", True))
    assert fix.fix_source(Source("s", "on")).text == "on"


def test_a_fix_that_breaks_the_spec_is_taken_back(linter):
    linter(("a", "b", True), broken_by="b")
    done = fix.fix_source(Source("s", "a"))
    assert done.text == "a" and done.mended == () and len(done.left) == 1


def test_fixes_that_touch_wait_for_the_next_round():
    source = Source("s", "abc")
    first, second = replacing(source, "ab", "x"), replacing(source, "bc", "y")
    assert fix.apply_once(source, [first, second]) == ("xc", [first])


def test_a_fix_is_applied_as_a_whole_or_not_at_all():
    source = Source("s", "abc d")
    first = replacing(source, "ab", "x")
    both = Fix("t", (Edit(Span(source, 4, 5), "D"), Edit(Span(source, 1, 2), "B")), safe=True)
    second = Diagnostic("LD000", "test", "warning", "m", Span(source, 4, 5), fix=both)
    assert fix.apply_once(source, [first, second]) == ("xc d", [first])


def test_another_file_is_not_edited():
    other = replacing(Source("other", "a"), "a", "b")
    assert fix.apply_once(Source("s", "a"), [other]) == ("a", [])


def test_insertions_at_one_place_do_not_mix():
    source = Source("s", "a")
    inserts = [
        Diagnostic("LD000", "test", "warning", text, Span(source, 0, 0), fix=Fix("t", (edit,), safe=True))
        for text in ("x", "y")
        for edit in [Edit(Span(source, 0, 0), text)]
    ]
    assert fix.apply_once(source, inserts)[0] == "xa"


def test_unified_diff():
    assert fix.unified_diff("s.yaml", "a\nb\n", "a\nc") == (
        "--- s.yaml\n+++ s.yaml\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n\\ No newline at end of file\n"
    )
    assert fix.unified_diff("s.yaml", "a\n", "a\n") == ""
