"""Calls: special forms, definitions with their overloads, primitives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lossdsl.elaborate.bind import Mismatch, NamedAxes, bind
from lossdsl.elaborate.forms import FORMS
from lossdsl.elaborate.names import axis_names, definitions, unknown_function
from lossdsl.elaborate.primitive import primitive
from lossdsl.elaborate.scope import Definition, Scope
from lossdsl.elaborate.stdlib import standard
from lossdsl.elaborate.typed import Typed
from lossdsl.ops.registry import table
from lossdsl.source.diagnostic import Diagnostic, LossDSLError, error
from lossdsl.source.span import Span
from lossdsl.syntax import ast

if TYPE_CHECKING:
    from lossdsl.elaborate.context import Context


def call(c: Context, node: ast.Call, scope: Scope) -> Typed:
    """The value of `f[axes](args)`."""
    from lossdsl.elaborate.expression import elaborate

    candidates = definitions(c, node.func, scope)
    own = candidates and candidates != standard(node.func)
    if node.func in FORMS and not own and not (candidates and of_numbers(c, node, scope)):
        return FORMS[node.func](c, node, scope)
    axes = None if node.axes is None else tuple(n for ref in node.axes for n in axis_names(c, ref, scope))
    args = [elaborate(c, a, scope) for a in flat(node.args)]
    kwargs = {key: elaborate(c, value, scope) for key, value in node.kwargs}
    if candidates:
        named = None if node.axes is None else tuple((n, r.span) for r in node.axes for n in axis_names(c, r, scope))
        return call_definition(c, candidates, args, kwargs, named, node.span)
    if node.func in table():
        return primitive(c, node, args, kwargs, axes)
    if node.func in scope.values or scope.module.root and c.root_value(node.func) is not None:
        raise error("LD003", "wrong-argument", f"`{node.func}` is a value, not a function", node.func_span,
                    help="to multiply, write `*`")
    raise unknown_function(c, node.func, node.func_span, scope)


def of_numbers(c: Context, node: ast.Call, scope: Scope) -> bool:
    """Whether all arguments are numbers: then `linear`, which is a form too, means the schedule."""
    from lossdsl.elaborate.expression import elaborate

    values = [*flat(node.args), *(value for _, value in node.kwargs)]
    return not any(elaborate(c, v, scope).type.axes for v in values)


def flat(args: tuple[ast.Node, ...]) -> list[ast.Node]:
    """Arguments in order, the two sides of a pair one after the other."""
    found: list[ast.Node] = []
    for arg in args:
        found.extend((arg.left, arg.right) if isinstance(arg, ast.Pair) else (arg,))
    return found


def call_definition(
    c: Context,
    candidates: tuple[Definition, ...],
    args: list[Typed],
    kwargs: dict[str, Typed],
    axes: NamedAxes | None,
    span: Span,
) -> Typed:
    """The first overload that the arguments fit."""
    reasons: list[Mismatch] = []
    for definition in candidates:
        if definition.signature.params is None:
            raise error("LD003", "wrong-argument", f"`{definition.name}` is a value, not a function", span,
                        help=f"write `{definition.name}` without parentheses")
        bound = bind(c, definition, args, kwargs, axes, span)
        if not isinstance(bound, Mismatch):
            return expand(c, definition, bound, span)
        reasons.append(bound)
    best = max(reasons, key=lambda r: r.matched)
    raise best.error


def expand(c: Context, definition: Definition, scope: Scope, span: Span) -> Typed:
    """The body of a definition in its scope; equal calls share one value."""
    from lossdsl.elaborate.expression import elaborate
    from lossdsl.elaborate.loops import loop

    key = (
        id(definition),
        tuple((n, v.id) for n, v in scope.values.items()),
        tuple((n, a) for n, a in scope.axes.items()),
    )
    if key in c.expanded:
        return c.expanded[key]
    if definition in c.active:
        chain = " -> ".join(f"`{d.name}`" for d in [*c.active[c.active.index(definition) :], definition])
        raise error("LD007", "recursive-definition", f"definitions may not recurse: {chain}", span,
                    help="use a `repeat` or a `scan` definition for a loop")
    c.active.append(definition)
    try:
        if definition.written.loop is not None:
            value = loop(c, definition, scope, span)
        else:
            value = elaborate(c, definition.body, scope)
    except LossDSLError as inner:
        if len(c.active) > 1 and inner.code == "LD008":
            raise
        raise within(inner, definition, span) from None
    finally:
        c.active.pop()
    c.expanded[key] = value
    return value


def within(inner: LossDSLError, definition: Definition, span: Span) -> LossDSLError:
    """The same findings, placed at the call, with the definition's line as a second place."""
    found = []
    for d in inner.diagnostics:
        labels = d.labels
        if d.span is not None and d.span != span:
            labels = (*labels, (d.span, f"in the definition of `{definition.name}`"))[:3]
        found.append(Diagnostic(d.code, d.name, d.severity, d.message, span, d.help, labels, d.fix))
    return LossDSLError(found)
