"""An expression that ends earlier than its author thinks, because ` #` starts a comment."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lossdsl.lint.context import Context
from lossdsl.lint.rule import Rule
from lossdsl.lint.scalars import Scalar
from lossdsl.source.diagnostic import Diagnostic, Edit, Fix

_SECTIONS = {"inputs", "params", "state", "define", "loss", "losses", "subject_to", "metrics"}
_TEXT_KEYS = {"doc", "cite", "formula"}
_DANGLING = re.compile(r"(?:[-+*/^,=<>~|]|\b(?:and|or|not|where|over|of|like))\s*$")
_CLOSING = {")": "(", "]": "[", "}": "{"}


class ExpressionCutByComment(Rule):
    code = "LD101"
    name = "expression-cut-by-comment"
    needs = "text"

    what = "Finds unquoted expressions of which a part is read as a comment."
    why = """
In an unquoted YAML value a `#` after a blank starts a comment. `a #b` is `a`, without any error, and an
expression that goes on in the next line after a comment is a syntax error whose message speaks of mappings.
"""
    example = """
lossdsl: 1
name: smoothed
inputs: {logits: "logits[batch, class]", labels: "index[batch] of class"}
loss: ce(logits, labels)  # the usual
  + 0.1 * entropy(logits)
"""
    instead = """
lossdsl: 1
name: smoothed
inputs: {logits: "logits[batch, class]", labels: "index[batch] of class"}
# the usual
loss: ce(logits, labels)
  + 0.1 * entropy(logits)
"""
    fix_safety = """
Safe. A value whose `#` stands inside double quotes is quoted as a whole; it did not compile before. A
comment between two lines of an expression moves above it. Otherwise a blank after the `#` says that it is a
comment.
"""
    references = ("YAML 1.2.2, section 6.6, https://yaml.org/spec/1.2.2/#66-comments",)

    def check(self, context: Context) -> Iterable[Diagnostic]:
        comments = dict(context.layout.comments)
        text = context.source.text
        for scalar in context.layout.scalars:
            if not (scalar.plain and not scalar.is_key and _holds_expression(scalar)):
                continue
            start = scalar.end
            while text[start : start + 1] in (" ", "\t"):
                start += 1
            if start in comments:
                finding = self._judge(context, scalar, start, comments[start])
                if finding:
                    yield finding

    def _judge(self, context: Context, scalar: Scalar, start: int, end: int) -> Diagnostic | None:
        span = context.span(start, end)
        comment = span.text
        if _goes_on(context, scalar):
            return self.finding(
                "this comment ends the expression, which goes on in the next line",
                span,
                help="put the comment above the expression",
                fix=_move_above(context, scalar, start, end),
                severity="error",
            )
        if _unfinished(scalar.value):
            return self.finding(
                "the expression is cut short here: ` #` starts a comment",
                span,
                help="quote the whole value",
                fix=_quote(context, scalar, end),
                severity="error",
            )
        if re.match(r"#[^\s#!]", comment):
            space = Edit(context.span(start + 1, start + 1), " ")
            return self.finding(
                f"the expression ends here: `{comment.split()[0]}` is a comment",
                span,
                help="write a blank after the `#`, or quote the value if this belongs to it",
                fix=Fix("mark it as a comment", (space,), safe=True),
            )
        return None


def _holds_expression(scalar: Scalar) -> bool:
    path = scalar.path
    return bool(path) and path[0] in _SECTIONS and path[-1] not in _TEXT_KEYS


def _unfinished(text: str) -> bool:
    """Does the text end inside brackets or quotes, or after an operator?"""
    opened: list[str] = []
    quoted = False
    for char in text:
        if char == '"':
            quoted = not quoted
        elif quoted:
            continue
        elif char in "([{":
            opened.append(char)
        elif char in _CLOSING and opened and opened[-1] == _CLOSING[char]:
            opened.pop()
    return quoted or bool(opened) or bool(_DANGLING.search(text))


def _goes_on(context: Context, scalar: Scalar) -> bool:
    """Is the next line indented below the line of the scalar, so that it was meant to continue it?"""
    if scalar.in_flow:
        return False
    source = context.source
    number, column = source.position(scalar.start)
    indent = _indent(source.line(number))
    least = indent if indent == column - 1 else indent + 1
    last = source.position(scalar.end)[0]
    for following in range(last + 1, len(source.line_starts) + 1):
        line = source.line(following)
        if line.strip() and not line.lstrip().startswith("#"):
            return _indent(line) >= least
    return False


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _move_above(context: Context, scalar: Scalar, start: int, end: int) -> Fix:
    source = context.source
    first = source.position(scalar.start)[0]
    at = source.line_starts[first - 1]
    indent = " " * _indent(source.line(first))
    return Fix(
        "move the comment above the expression",
        (
            Edit(context.span(at, at), f"{indent}{source.text[start:end]}\n"),
            Edit(context.span(scalar.end, end), ""),
        ),
        safe=True,
    )


def _quote(context: Context, scalar: Scalar, end: int) -> Fix | None:
    """Quote the whole value, if the `#` stands inside double quotes; elsewhere no expression holds one."""
    rest = context.source.text[scalar.end : end]
    closing = rest.find('"')
    if scalar.in_flow or scalar.value.count('"') % 2 == 0 or closing < 0:
        return None
    tail = re.compile(r"\s+#|\s*$").search(rest, closing)
    span = context.span(scalar.start, scalar.end + (tail.start() if tail else len(rest)))
    quoted = "'" + span.text.replace("'", "''") + "'"
    return Fix("quote the value", (Edit(span, quoted),), safe=True)
