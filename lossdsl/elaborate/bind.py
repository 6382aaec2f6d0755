"""Fits the arguments of a call to the signature of a definition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lossdsl.elaborate.distribution import not_a_distribution
from lossdsl.elaborate.scope import Definition, Scope
from lossdsl.elaborate.typed import Typed
from lossdsl.source.diagnostic import LossDSLError, error
from lossdsl.source.span import Span
from lossdsl.syntax import ast
from lossdsl.types.axis import Axis
from lossdsl.types.kind import ACCEPTS, SCALAR

if TYPE_CHECKING:
    from lossdsl.elaborate.context import Context


NamedAxes = tuple[tuple[str, Span], ...]  # axes as a call names them in its brackets, each with its place


@dataclass
class Mismatch:
    """Why a definition does not fit, and how far it did."""

    error: LossDSLError
    matched: int


def usage(definition: Definition) -> str:
    from lossdsl.syntax.unparse import unparse

    return unparse(definition.signature)


def bind(
    c: Context,
    definition: Definition,
    args: list[Typed],
    kwargs: dict[str, Typed],
    axes: NamedAxes | None,
    span: Span,
) -> Scope | Mismatch:
    """The scope of the definition's body, or the reason why the call does not fit."""
    from lossdsl.elaborate.expression import elaborate

    signature = definition.signature
    params = signature.params or ()
    scope = Scope(definition.module)

    def wrong(message: str, matched: int = 0, where: Span | None = None) -> Mismatch:
        hint = f"its signature is `{usage(definition)}`"
        return Mismatch(error("LD003", "wrong-argument", message, where or span, help=hint), matched)

    if len(args) > len(params):
        takes = f"{len(params)} argument{'s' * (len(params) != 1)}"
        return wrong(f"`{definition.name}` takes {takes}, found {len(args)}")
    given = dict(zip((p.name for p in params), args, strict=False))
    for key, value in kwargs.items():
        if key in given:
            return wrong(f"`{definition.name}` gets its argument `{key}` twice")
        if all(p.name != key for p in params):
            return wrong(f"`{definition.name}` has no argument `{key}`")
        given[key] = value
    explicit = explicit_axes(signature, axes, given)
    if isinstance(explicit, LossDSLError):
        return Mismatch(explicit, 0)
    for matched, param in enumerate(params):
        if param.name not in given:
            if param.default is None:
                return wrong(f"`{definition.name}` needs its argument `{param.name}`", matched)
            continue
        problem = accepts(param, given[param.name], definition, span)
        if problem is not None:
            return Mismatch(problem, matched)
    bound = bind_axes(definition, given, explicit, span)
    if isinstance(bound, Mismatch):
        return bound
    scope.axes = bound
    for param in params:
        if param.name in given:
            scope.values[param.name] = given[param.name]
        else:
            assert param.default is not None
            scope.values[param.name] = elaborate(c, param.default, scope)
    return scope


def explicit_axes(
    signature: ast.Signature, axes: NamedAxes | None, given: dict[str, Typed]
) -> dict[str, tuple[Axis, ...]] | LossDSLError:
    """Axis parameters that the call names in its brackets."""
    if axes is None:
        return {}
    objects = []
    for name, place in axes:
        found = next((a for v in given.values() for a in v.type.axes if a.name == name), None)
        if found is None:
            have = dict.fromkeys(n for v in given.values() for n in v.type.names)
            return error("LD005", "unknown-axis",
                         f"`{signature.name}` works along `{name}`, but none of its arguments has such an axis", place,
                         help="their axes are " + (", ".join(f"`{n}`" for n in have) or "none"))
        objects.append(found)
    bound: dict[str, tuple[Axis, ...]] = {}
    for position, parameter in enumerate(signature.axes):
        if parameter.rest:
            bound[parameter.id] = tuple(objects[position:])
            return bound
        if position < len(objects):
            bound[parameter.id] = (objects[position],)
    if len(objects) > len(signature.axes):
        if len(signature.axes) == 1:
            # One axis parameter may stand for several axes worked on together.
            return {signature.axes[0].id: tuple(objects)}
        return error("LD003", "wrong-argument",
                     f"`{signature.name}` works along {len(signature.axes)} axes, found {len(objects)} in brackets",
                     axes[0][1].to(axes[-1][1]), help="name as many axes as its signature has")
    return bound


def accepts(param: ast.Parameter, value: Typed, definition: Definition, span: Span) -> LossDSLError | None:
    """The error if a value is not of the kind that a parameter wants."""
    if param.kind is None or value.type.kind in ACCEPTS[param.kind] and not (param.kind == SCALAR and value.type.axes):
        return None
    where = value.place or span
    if param.kind in ("dist", "logits", "probs", "logprobs") and not value.type.is_distribution:
        wrapped = not_a_distribution(value, where, definition.name)
        assert isinstance(wrapped, LossDSLError)
        return wrapped
    wanted = {"dist": "a distribution", SCALAR: "a number"}.get(param.kind, param.kind)
    code, name, hint = "LD003", "wrong-argument", f"its signature is `{usage(definition)}`"
    if param.kind == "score":
        code, name = "LD302", "sigmoid-before-bce-logits"
        hint = "pass the log-odds themselves, without sigmoid or softmax"
        if value.type.kind == "logits":
            code, name = "LD003", "wrong-argument"
            hint = "declare one log-odds per element as `score[...]`"
    elif param.kind == "logits":
        code, name, hint = "LD301", "softmax-before-ce", "pass the logits themselves, without softmax"
    found = value.type if param.kind == SCALAR else value.type.kind
    message = f"`{definition.name}` expects {wanted} for `{param.name}`, found {found}"
    return error(code, name, message, where, help=hint)


def bind_axes(
    definition: Definition, given: dict[str, Typed], explicit: dict[str, tuple[Axis, ...]], span: Span
) -> dict[str, tuple[Axis, ...]] | Mismatch:
    """Every axis parameter: from the brackets, or from an argument whose axes say it."""
    signature = definition.signature
    bound = dict(explicit)
    for param in signature.params or ():
        value = given.get(param.name)
        if value is None or not param.axes:
            continue
        wanted = [a.id for a in param.axes]
        if param.kind in ("dist", "logits", "probs", "logprobs") and len(wanted) == 1:
            event = tuple(a for n in value.type.event for a in value.type.axes if a.name == n)
            known = bound.setdefault(wanted[0], event)
            if {a.name for a in known} != {a.name for a in event}:
                return Mismatch(wrong_event(definition, param, known, value, span), 1)
        elif len(value.type.axes) == len(wanted):
            # In order, unless an axis that is known already stands at another place.
            pairs = {n: (a,) for n, a in zip(wanted, value.type.axes, strict=True)}
            if all([a.name for a in bound.get(n, own)] == [a.name for a in own] for n, own in pairs.items()):
                bound = {**pairs, **bound}
        for name in wanted:
            lacking = [a.name for a in bound.get(name, ()) if value.type.axis(a.name) is None]
            if lacking:
                have = ", ".join(value.type.names)
                return Mismatch(error(
                    "LD005", "unknown-axis",
                    f"`{definition.name}` needs the axis `{lacking[0]}` in `{param.name}`, which has [{have}]",
                    value.place or span, help=f"its signature is `{usage(definition)}`"), 1)
    first = next(iter(given.values()), None)
    for parameter in signature.axes:
        if parameter.id in bound:
            continue
        if parameter.rest and first is not None:
            bound[parameter.id] = first.type.axes
            continue
        have = ", ".join(first.type.names) if first is not None else ""
        example = first.type.names[-1] if first is not None and first.type.names else "axis"
        return Mismatch(error(
            "LD203", "contraction-unnamed",
            f"`{definition.name}` needs its axis `{parameter.id}` named", span,
            help=f"write `{definition.name}[{example}](...)`; the axes of the argument are [{have}]"), len(given))
    return bound


def wrong_event(
    definition: Definition, param: ast.Parameter, known: tuple[Axis, ...], value: Typed, span: Span
) -> LossDSLError:
    over, asked = ", ".join(value.type.event), ", ".join(a.name for a in known)
    return error(
        "LD005",
        "unknown-axis",
        f"`{definition.name}` is asked to work over `{asked}`, but `{param.name}` is a distribution over `{over}`",
        value.place or span,
        help=f"drop the brackets or write `{definition.name}[{over}](...)`",
    )
