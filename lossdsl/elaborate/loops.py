"""Definitions with a loop: `repeat` applies its step again and again, `scan` runs along an axis.

The step is elaborated once, on placeholders for the loop variables. Its axes are not known beforehand (a start of 0
has none), so the step is typed on the types of the start, then on those it gave, until they stay the same.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lossdsl.elaborate.declare import expand
from lossdsl.elaborate.names import axis_object
from lossdsl.elaborate.scope import Definition, Scope
from lossdsl.elaborate.static import static_number
from lossdsl.elaborate.typed import Typed, reachable
from lossdsl.source.diagnostic import error
from lossdsl.source.span import Fragment, Span
from lossdsl.spec.model import Loop
from lossdsl.syntax import ast
from lossdsl.syntax.parse import parse_expression
from lossdsl.types.axis import Axis
from lossdsl.types.value import INF, ValueType

if TYPE_CHECKING:
    from lossdsl.elaborate.context import Context

MAX_REPEATS = 100_000
ROUNDS = 4  # a step settles its axes in one round per variable that feeds another; more never helps


@dataclass
class Step:
    """The typed step of a loop: placeholders and what they become."""

    number: int
    names: list[str]
    variables: list[Typed]
    results: list[Typed]


def loop(c: Context, definition: Definition, scope: Scope, span: Span) -> Typed:
    """What the loop of a definition gives."""
    from lossdsl.elaborate.expression import elaborate

    written = definition.written.loop
    assert written is not None
    axis = scan_axis(c, written, scope) if written.kind == "scan" else None
    starts = {name: elaborate(c, parse_expression(text), scope) for name, text in written.start}
    step = typed_step(c, written, scope, starts, axis, span)
    count = 0 if axis else repeats(c, written.over, scope)
    tolerance = None if written.until is None else number(c, written.until, scope, "until")
    args = [wide(c, starts[n], v, span) for n, v in zip(step.names, step.variables, strict=True)]
    attrs = {
        "loop": step.number, "count": count, "until": tolerance, "gradient": written.gradient,
        "length": axis.length if axis else None,
    }  # fmt: skip
    node = c.graph.add("loop", [*args, *step.results], ValueType("real"), attrs=attrs, span=span)
    inner = Scope(scope.module, dict(scope.values), scope.axes)
    for i, (name, variable) in enumerate(zip(step.names, step.variables, strict=True)):
        type_ = replace(variable.type, fixed=variable.type.fixed or written.gradient == "envelope")
        if axis is not None:
            type_ = replace(type_, axes=(axis, *type_.axes))
        inner.values[name] = c.graph.add(
            "loop_out", (node,), type_, attrs={"index": i}, valid=variable.valid, span=span
        )
    return elaborate(c, definition.body, inner)


def typed_step(
    c: Context, written: Loop, scope: Scope, starts: dict[str, Typed], axis: Axis | None, span: Span
) -> Step:
    from lossdsl.elaborate.expression import elaborate

    names = [name for name, _ in written.start]
    unstarted = [name for name, _ in written.step if name not in starts]
    trees = [(name, parse_expression(text)) for name, text in written.step]
    types = [(starts[n].type, frozenset(starts[n].valid)) for n in names]
    for turn in range(ROUNDS):
        c.loops += 1
        variables = [
            c.graph.add("loop_var", (), replace(t, fixed=False, low=-INF, high=INF),
                        attrs={"loop": c.loops, "index": i, "first": not turn}, valid=valid)
            for i, (t, valid) in enumerate(types)
        ]  # fmt: skip
        inner = Scope(scope.module, dict(scope.values), scope.axes, scan=(axis.name, c.loops) if axis else scope.scan)
        if axis is not None:
            inner.values = {n: at_now(c, v, inner) for n, v in inner.values.items()}
            inner.previous = dict(zip(names, variables, strict=True))
        else:
            inner.values.update(zip(names, variables, strict=True))
        for name, tree in trees:
            inner.values[name] = elaborate(c, tree, inner)
        results = [inner.values.get(n, v) for n, v in zip(names, variables, strict=True)]
        settled = [(same_kind(r, v), outside(r, c.loops)) for r, v in zip(results, variables, strict=True)]
        if [(t.axes, t.kind, valid) for t, valid in settled] == [(t.axes, t.kind, valid) for t, valid in types]:
            return Step(c.loops, names, variables, results)
        types = settled
    raise error(
        "LD006",
        "axis-length-mismatch",
        "the axes of the loop variables keep changing from step to step",
        span,
        help=f"give every variable its axes in `start`{': ' + ', '.join(unstarted) if unstarted else ''}",
    )


def same_kind(result: Typed, variable: Typed) -> ValueType:
    """The type of a variable after its step; a variable that changes kind on the way is a real number."""
    if result.type.kind == variable.type.kind and result.type.event == variable.type.event:
        return result.type
    return result.type.as_real()


def outside(value: Typed, number: int) -> frozenset[Typed]:
    """The masks of a value that do not depend on the loop; one taken at the current position counts whole."""
    kept = set()
    for mask in value.valid:
        if mask.op == "at" and mask.attr("loop") == number:
            kept.add(mask.args[0])
        elif not any(n.op in ("loop_var", "at") and n.attr("loop") == number for n in reachable([mask])):
            kept.add(mask)
    return frozenset(kept)


def wide(c: Context, start: Typed, variable: Typed, span: Span) -> Typed:
    """A start with all axes of its variable."""
    return start if start.type.axes == variable.type.axes else expand(c, start, variable.type, span)


def at_now(c: Context, value: Typed, scope: Scope) -> Typed:
    """Inside a scan, a value that has its axis stands for the element at the current position."""
    if scope.scan is None or value.type.axis(scope.scan[0]) is None:
        return value
    axis, number = scope.scan
    type_ = value.type
    event = type_.event
    if axis in event:
        type_, event = type_.as_real(), ()
    axes = tuple(a for a in type_.axes if a.name != axis)
    valid = frozenset(at_now(c, m, scope) for m in value.valid)
    type_ = replace(type_, axes=axes, event=event)
    return c.graph.add("at", (value,), type_, attrs={"axis": axis, "loop": number}, valid=valid, span=value.span)


def scan_axis(c: Context, written: Loop, scope: Scope) -> Axis:
    node = parse_expression(written.over)
    if not isinstance(node, ast.Name):
        raise error("LD004", "bad-declaration", "`scan` names an axis", written.over.whole, help="write `scan: time`")
    if node.id in scope.axes and len(scope.axes[node.id]) == 1:
        return scope.axes[node.id][0]
    return axis_object(c, node.id + "'" * node.primes, scope, written.over.whole)


def repeats(c: Context, text: Fragment, scope: Scope) -> int:
    value = number(c, text, scope, "repeat")
    if value != int(value) or not 0 <= value <= MAX_REPEATS:
        raise error(
            "LD003",
            "wrong-argument",
            f"`repeat` takes an integer from 0 to {MAX_REPEATS:,}, found {value:g}",
            text.whole,
            help="write a number or an integer parameter",
        )
    return int(value)


def number(c: Context, text: Fragment, scope: Scope, what: str) -> float:
    from lossdsl.elaborate.expression import elaborate

    value = static_number(elaborate(c, parse_expression(text), scope), c.values, c.static)
    if value is None:
        raise error(
            "LD003",
            "wrong-argument",
            f"`{what}` takes a number that is known when the spec is loaded",
            text.whole,
            help="write a number or a parameter",
        )
    return float(value)
