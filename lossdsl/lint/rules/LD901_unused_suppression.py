"""A comment that suppresses nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lossdsl.lint.context import Context
from lossdsl.lint.rule import Rule
from lossdsl.lint.suppress import Suppression
from lossdsl.source.diagnostic import Diagnostic, Edit, Fix


class UnusedSuppression(Rule):
    code = "LD901"
    name = "unused-suppression"
    needs = "suppressions"

    what = "Finds `# lossdsl: ignore[...]` comments, and codes in them, that suppress no finding."
    why = """
A suppression that outlives its cause hides the next mistake of the same sort on that line. A finding of
severity error is never suppressed, since the spec does not compile with it.
"""
    example = """
lossdsl: 1
name: distil
inputs: {student: "logits[batch, class]", teacher: "logits[batch, class] fixed"}
loss: kl(teacher || student)  # lossdsl: ignore[LD102] measured, harmless here
"""
    instead = """
lossdsl: 1
name: distil
inputs: {student: "logits[batch, class]", teacher: "logits[batch, class] fixed"}
loss: kl(teacher || student)
"""
    fix_safety = "Safe: only a comment is removed."
    references = ("Ruff, rule RUF100 unused-noqa",)

    def check(self, context: Context) -> Iterable[Diagnostic]:
        for suppression in context.suppressions:
            finding = self._judge(context, suppression)
            if finding:
                yield finding

    def _judge(self, context: Context, suppression: Suppression) -> Diagnostic | None:
        whole = suppression.span
        if not suppression.codes:
            return self.finding(
                "this comment names no rule, so it suppresses nothing",
                whole,
                help="name the rule: `# lossdsl: ignore[LD401] reason`",
                fix=_removal(context, suppression),
            )
        if suppression.whole_file and suppression.lines is not None:
            return self.finding(
                "`ignore-file` counts only in the comments before the first key",
                whole,
                fix=_removal(context, suppression),
            )
        reasons = {written: _idle(context, suppression, written) for written, _ in suppression.codes}
        idle = {written: reason for written, reason in reasons.items() if reason}
        if not idle:
            return None
        span = next(place for written, place in suppression.codes if written in idle)
        message = "; ".join(f"{written} {reason}" for written, reason in idle.items())
        left = [written for written, _ in suppression.codes if written not in idle]
        fix = _removal(context, suppression, left)
        return self.finding(message, span if len(idle) == 1 else whole, fix=fix)


def _idle(context: Context, suppression: Suppression, written: str) -> str | None:
    """Why this code does nothing here; None if it does, or if that cannot be told."""
    from lossdsl.lint.registry import find

    if written in suppression.used:
        return None
    if written in suppression.refused:
        return "is an error here and cannot be suppressed"
    rule = find(written)
    if rule is None and not re.fullmatch(r"LD\d{3}", written.upper()):
        return "is not the code or name of a rule"
    # A rule that did not run may have found something.
    if not context.complete or (rule and not context.selection.wants(rule.code, rule.name)):
        return None
    return "suppresses nothing here"


def _removal(context: Context, suppression: Suppression, left: list[str] | None = None) -> Fix:
    """Remove the comment with the blanks before it, or only the codes that are not in `left`."""
    if left:
        inside = context.span(suppression.codes[0][1].start, suppression.codes[-1][1].end)
        return Fix("remove the unused codes", (Edit(inside, ", ".join(left)),), safe=True)
    text = context.source.text
    start, end = suppression.span.start, suppression.span.end
    while start > 0 and text[start - 1] in " \t":
        start -= 1
    alone = start == 0 or text[start - 1] == "\n"
    if alone:
        line_break = re.compile(r"\r?\n?").match(text, end)
        end = line_break.end() if line_break else end
    return Fix("remove the comment", (Edit(context.span(start, end), ""),), safe=True)
