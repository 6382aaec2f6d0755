"""What a name means: a value, a definition without arguments, or an axis used as its positions."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from lossdsl.elaborate import structure
from lossdsl.elaborate.declare import CLOCKS, clock_value
from lossdsl.elaborate.scope import Definition, Scope
from lossdsl.elaborate.stdlib import conventions, index, standard
from lossdsl.elaborate.typed import Typed
from lossdsl.ops.registry import table
from lossdsl.source.diagnostic import Diagnostic, Edit, Fix, LossDSLError, error
from lossdsl.source.span import Span
from lossdsl.syntax import ast
from lossdsl.types.axis import Axis

if TYPE_CHECKING:
    from lossdsl.elaborate.context import Context


def definitions(c: Context, name: str, scope: Scope) -> tuple[Definition, ...]:
    """The overloads that a name refers to: the document's own, then imported ones, then the standard library's."""
    own = tuple(scope.module.table.get(name, ()))
    for module in scope.module.imports:
        own += tuple(module.table.get(name, ()))
    return own or standard(name)


def lookup(c: Context, node: ast.Name, scope: Scope) -> Typed:
    """The value of a name; primes rename its first axis."""
    value = plain(c, node, scope)
    if value is not None and scope.scan is not None:
        from lossdsl.elaborate.loops import at_now

        value = at_now(c, value, scope)
    if value is None:
        value = positions(c, node, scope)
        if value is not None:
            return value
        value = conventional(c, node, scope)
    if value is None:
        raise unknown(c, node, scope)
    return structure.prime(c.graph, value, node.primes, node.span) if node.primes else value


def plain(c: Context, node: ast.Name, scope: Scope) -> Typed | None:
    if node.id in scope.values:
        return scope.values[node.id]
    if scope.module.root:
        value = c.root_value(node.id)
        if value is not None:
            return value
    for definition in definitions(c, node.id, scope):
        if definition.signature.params is None:
            return c.named_value(definition, node.span)
    if node.id in CLOCKS:
        return clock_value(c, node.id)
    return None


def positions(c: Context, node: ast.Name, scope: Scope) -> Typed | None:
    if node.id in scope.axes:
        bound = scope.axes[node.id]
        if len(bound) != 1:
            raise error("LD005", "unknown-axis", f"`{node.id}` stands for {len(bound)} axes here", node.span,
                        help="positions exist along one axis")
        return structure.position(c.graph, bound[0].renamed(bound[0].name + "'" * node.primes), node.span)
    if scope.module.root and node.id in c.lengths:
        return structure.position(c.graph, Axis(node.id + "'" * node.primes, c.lengths[node.id]), node.span)
    return None


def conventional(c: Context, node: ast.Name, scope: Scope) -> Typed | None:
    """A conventional input, or a loss named without its arguments."""
    from lossdsl.elaborate.call import call_definition

    if not scope.module.root:
        return None
    inputs, calls = conventions()
    if node.id in inputs and not node.primes:
        return c.conventional_input(node.id, node.span)
    if node.id in calls and not node.primes:
        args = [lookup(c, ast.Name(node.span, name), scope) for name in calls[node.id]]
        return call_definition(c, definitions(c, node.id, scope), args, {}, None, node.span)
    return None


def unknown(c: Context, node: ast.Name, scope: Scope) -> LossDSLError:
    if scope.module.root and node.id in c.spec.inputs:
        return LossDSLError(())  # its declaration has failed, and that has been reported
    functions = definitions(c, node.id, scope)
    if functions or node.id in table():
        usage = f"`{node.id}(...)`"
        return error("LD003", "wrong-argument", f"`{node.id}` is a function and needs its arguments", node.span,
                     help=f"write {usage}")
    known = [*scope.values, *scope.axes]
    if scope.module.root:
        known += [*c.spec.inputs, *c.spec.params, *c.spec.state, *scope.module.table, *c.lengths, *conventions()[0]]
    close = get_close_matches(node.id, list(dict.fromkeys(known)), n=3, cutoff=0.6)
    fix = None
    if close:
        edit = Edit(node.span, close[0] + "'" * node.primes)
        fix = Fix(f"replace by `{close[0]}`", (edit,), safe=False)
        hint = "did you mean " + " or ".join(f"`{n}`" for n in close) + "?"
    else:
        hint = f"declare it, for example `{node.id}: real[batch]` under `inputs`, or as a param or a definition"
    return error("LD002", "unknown-name", f"nothing is called `{node.id}`", node.span, help=hint, fix=fix)


def unknown_function(c: Context, name: str, span: Span, scope: Scope) -> LossDSLError:
    known = [*scope.module.table, *index(), *table(), "choose", "size", "probs", "logprobs", "logits"]
    close = get_close_matches(name, list(dict.fromkeys(known)), n=3, cutoff=0.6)
    fix = Fix(f"replace by `{close[0]}`", (Edit(span, close[0]),), safe=False) if close else None
    hint = ("did you mean " + " or ".join(f"`{n}`" for n in close) + "?") if close else (
        "define it under `define`, or see `lossdsl list` for the standard library"
    )
    return error("LD002", "unknown-name", f"there is no function `{name}`", span, help=hint, fix=fix)


def axis_names(c: Context, ref: ast.AxisRef, scope: Scope) -> tuple[str, ...]:
    """The axes that an axis reference stands for."""
    primes = "'" * ref.primes
    if ref.owner is not None:
        owner = lookup(c, ast.Name(ref.span, ref.owner), scope)
        if ref.id != "event" or not owner.type.event:
            raise error("LD005", "unknown-axis", f"`{ref.owner}` has no `{ref.id}` axis", ref.span,
                        help="`p.event` is the event axis of a distribution p")
        return tuple(n + primes for n in owner.type.event)
    if ref.id in scope.axes:
        return tuple(a.name + primes for a in scope.axes[ref.id])
    return (ref.id + primes,)


def axis_object(c: Context, name: str, scope: Scope, span: Span) -> Axis:
    """The axis of a name, with its length."""
    for bound in scope.axes.values():
        for axis in bound:
            if axis.base == name.rstrip("'"):
                return axis.renamed(name)
    base = name.rstrip("'")
    if base in c.lengths:
        return Axis(name, c.lengths[base])
    close = get_close_matches(base, list(c.lengths), n=1)
    raise error("LD005", "unknown-axis", f"no value has an axis `{name}`", span,
                help=f"did you mean `{close[0]}`?" if close else "axes come from the declarations of inputs and state")


def report_convention(name: str, declaration: str, span: Span, fix: Fix | None) -> Diagnostic:
    return Diagnostic(
        "LD014",
        "relies-on-convention",
        "info",
        f"`{name}` is not declared; it is taken to be `{declaration}`",
        span,
        help=f"write it out under `inputs`: `{name}: {declaration}`",
        fix=fix,
    )
