"""Calls with a form of their own: casts, contractions, stop-gradient, choices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from lossdsl.elaborate import contract, distribution, made
from lossdsl.elaborate.axes import union
from lossdsl.elaborate.elementwise import constant
from lossdsl.elaborate.masks import conjunction
from lossdsl.elaborate.names import axis_names
from lossdsl.elaborate.scope import Scope
from lossdsl.elaborate.typed import Typed
from lossdsl.source.diagnostic import error
from lossdsl.syntax import ast
from lossdsl.types.kind import REAL
from lossdsl.types.value import ValueType

if TYPE_CHECKING:
    from lossdsl.elaborate.context import Context

Form = Callable[["Context", ast.Call, Scope], Typed]


def values(c: Context, node: ast.Call, scope: Scope, least: int, most: int) -> list[Typed]:
    """The positional arguments, whose number must be within bounds; keyword arguments are refused."""
    from lossdsl.elaborate.call import flat
    from lossdsl.elaborate.expression import elaborate

    args = flat(node.args)
    if node.kwargs:
        raise error(
            "LD003",
            "wrong-argument",
            f"`{node.func}` has no argument `{node.kwargs[0][0]}`",
            node.span,
            help="pass its arguments by position",
        )
    if not least <= len(args) <= most:
        count = str(least) if least == most else f"{least} or more"
        raise error(
            "LD003",
            "wrong-argument",
            f"`{node.func}` takes {count} arguments, found {len(args)}",
            node.span,
            help="see `docs/language.md`, section 3",
        )
    return [elaborate(c, a, scope) for a in args]


def brackets(c: Context, node: ast.Call, scope: Scope) -> tuple[str, ...]:
    return tuple(n for ref in node.axes or () for n in axis_names(c, ref, scope))


def view(c: Context, node: ast.Call, scope: Scope) -> Typed:
    return distribution.view(c.graph, node.func, values(c, node, scope, 1, 1)[0], node.span)


def cast(c: Context, node: ast.Call, scope: Scope) -> Typed:
    (x,) = values(c, node, scope, 1, 1)
    return distribution.cast(c.graph, node.func, x, brackets(c, node, scope), node.span)


def dot(c: Context, node: ast.Call, scope: Scope) -> Typed:
    args = values(c, node, scope, 1, 16)
    axes = brackets(c, node, scope)
    if not axes:
        raise error(
            "LD203",
            "contraction-unnamed",
            "`dot` needs the axis that it contracts",
            node.span,
            help="write `dot[feature](x, y)`",
        )
    return contract.dot(c.graph, args, axes, node.span)


def linear(c: Context, node: ast.Call, scope: Scope) -> Typed:
    return contract.linear(c.graph, values(c, node, scope, 2, 3), node.span)


def stop_gradient(c: Context, node: ast.Call, scope: Scope) -> Typed:
    (x,) = values(c, node, scope, 1, 1)
    return c.graph.add("sg", (x,), replace(x.type, fixed=True), valid=x.valid, span=node.span)


def with_gradient(c: Context, node: ast.Call, scope: Scope) -> Typed:
    value, of = values(c, node, scope, 2, 2)
    type_ = replace(value.type, axes=union((value, of), node.span), fixed=of.type.fixed)
    return c.graph.add("with_gradient", (value, of), type_, valid=value.valid | of.valid, span=node.span)


def choose(c: Context, node: ast.Call, scope: Scope) -> Typed:
    """One branch by the value of an option; every branch is typed, the chosen one is used."""
    from lossdsl.elaborate.expression import elaborate

    if len(node.args) != 1 or not isinstance(node.args[0], ast.Name) or not node.kwargs:
        raise error(
            "LD003",
            "wrong-argument",
            "`choose` takes an option and its branches by name",
            node.span,
            help="write `choose(divergence, kl=kl(p || q), js=js(p || q))`",
        )
    name = node.args[0].id
    option = c.spec.options.get(name)
    if option is None:
        close = get_close_matches(name, list(c.spec.options), n=1)
        raise error(
            "LD002",
            "unknown-name",
            f"there is no option `{name}`",
            node.args[0].span,
            help=f"did you mean `{close[0]}`?" if close else "declare it under `options`",
        )
    branches = dict(node.kwargs)
    for key in branches:
        if key not in option.one_of:
            raise error(
                "LD003",
                "wrong-argument",
                f"`{key}` is not a value of the option `{name}`",
                branches[key].span,
                help="its values are " + ", ".join(f"`{v}`" for v in option.one_of),
            )
    lacking = [v for v in option.one_of if v not in branches]
    if lacking:
        raise error(
            "LD003",
            "wrong-argument",
            f"`choose` has no branch for `{lacking[0]}`",
            node.span,
            help=f"add `{lacking[0]}=...`",
        )
    chosen = c.options[name]
    result = elaborate(c, branches[chosen], scope)
    for key, branch in branches.items():
        if key != chosen and c.lint_all_branches:
            elaborate(c, branch, scope)
    return result


def one_hot(c: Context, node: ast.Call, scope: Scope) -> Typed:
    return made.one_hot(c, node, scope, *values(c, node, scope, 1, 1))


def select(c: Context, node: ast.Call, scope: Scope) -> Typed:
    return made.select(c, node, scope, *values(c, node, scope, 2, 2))


def trace(c: Context, node: ast.Call, scope: Scope) -> Typed:
    return made.trace(c, node, scope, *values(c, node, scope, 1, 1))


def grad(c: Context, node: ast.Call, scope: Scope) -> Typed:
    """`grad(y, x)`: y is summed, x is an input as the caller passes it."""
    y, x = values(c, node, scope, 2, 2)
    leaf = unmasked(x)
    if leaf.op != "input" or leaf.type.is_integer or leaf.type.is_mask:
        raise error(
            "LD003",
            "wrong-argument",
            "`grad` differentiates with respect to an input of the loss",
            x.place or node.span,
            help="name a real input, for example `grad(critic, images)`",
        )
    type_ = ValueType(REAL, leaf.type.axes, fixed=False)
    return c.graph.add("grad", (y,), type_, attrs={"name": leaf.attr("name")}, valid=x.valid, span=node.span)


def valid(c: Context, node: ast.Call, scope: Scope) -> Typed:
    """`valid(x)`: the mask of the valid elements of x."""
    (x,) = values(c, node, scope, 1, 1)
    return conjunction(c.graph, x.valid) or constant(c.graph, True, node.span)


def unmasked(x: Typed) -> Typed:
    """The input behind masks and the stop-gradient of a fixed one."""
    while x.op in ("mask_by", "sg"):
        x = x.args[0]
    return x


FORMS: dict[str, Form] = {
    **dict.fromkeys(distribution.VIEWS, view),
    **dict.fromkeys(distribution.CASTS, cast),
    "dot": dot,
    "linear": linear,
    "grad": grad,
    "valid": valid,
    "sg": stop_gradient,
    "with_gradient": with_gradient,
    "st": with_gradient,
    "choose": choose,
    "one_hot": one_hot,
    "select": select,
    "trace": trace,
    "spectral_sum": made.spectral_sum,
}
