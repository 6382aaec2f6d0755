"""Definitions with a loop: `repeat` applies its step a known number of times."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lossdsl.elaborate.scope import Definition, Scope
from lossdsl.elaborate.static import static_number
from lossdsl.elaborate.typed import Typed
from lossdsl.source.diagnostic import error
from lossdsl.source.span import Fragment, Span
from lossdsl.spec.model import Loop
from lossdsl.syntax.parse import parse_expression

if TYPE_CHECKING:
    from lossdsl.elaborate.context import Context

MAX_REPEATS = 10_000


def loop(c: Context, definition: Definition, scope: Scope, span: Span) -> Typed:
    """What the loop of a definition gives."""
    from lossdsl.elaborate.expression import elaborate

    written = definition.written.loop
    assert written is not None
    if written.kind != "repeat" or written.until is not None or written.gradient == "implicit":
        unsupported(definition, written, span)
    count = repeats(c, written.over, scope)
    inner = Scope(scope.module, dict(scope.values), scope.axes)
    for name, text in written.start:
        inner.values[name] = elaborate(c, parse_expression(text), scope)
    steps = [(name, parse_expression(text)) for name, text in written.step]
    for _ in range(count):
        for name, step in steps:
            inner.values[name] = elaborate(c, step, inner)
    if written.gradient == "envelope":
        for name, _ in written.start:
            x = inner.values[name]
            inner.values[name] = c.graph.add("sg", (x,), replace(x.type, fixed=True), valid=x.valid, span=x.span)
    return elaborate(c, definition.body, inner)


def repeats(c: Context, text: Fragment, scope: Scope) -> int:
    from lossdsl.elaborate.expression import elaborate

    number = static_number(elaborate(c, parse_expression(text), scope), c.values, c.static)
    if number is None or number != int(number) or not 0 <= number <= MAX_REPEATS:
        raise error("LD003", "wrong-argument", "`repeat` takes an integer that is known when the spec is loaded",
                    text.whole, help=f"write a number from 0 to {MAX_REPEATS:,} or an integer parameter")
    return int(number)


def unsupported(definition: Definition, written: Loop, span: Span) -> None:
    what = written.kind if written.kind != "repeat" else (
        "until" if written.until is not None else f"gradient: {written.gradient}"
    )
    raise error("LD004", "bad-declaration", f"`{definition.name}` uses `{what}`, which this version does not compile",
                span, help="use a `repeat` with a fixed number of steps")
