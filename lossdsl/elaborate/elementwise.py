"""Elementwise operations: operands broadcast by axis name, validity is and-ed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lossdsl.elaborate.axes import union
from lossdsl.elaborate.masks import chosen
from lossdsl.elaborate.typed import Graph, Typed
from lossdsl.ops.op import Elementwise
from lossdsl.ops.registry import table
from lossdsl.source.diagnostic import error
from lossdsl.source.span import Span
from lossdsl.types.kind import MASK, PROB, PROBS
from lossdsl.types.value import ValueType


def constant(g: Graph, value: float | bool, span: Span | None = None) -> Typed:
    if isinstance(value, bool):
        return g.add("const", (), ValueType(MASK, fixed=True, low=0, high=1), attrs={"value": value}, span=span)
    kind = ValueType("real", fixed=True, low=float(value), high=float(value))
    return g.add("const", (), kind, attrs={"value": value, "integer": isinstance(value, int)}, span=span)


def apply(g: Graph, name: str, args: Sequence[Typed], span: Span) -> Typed:
    """The elementwise primitive `name` applied to `args`."""
    op = table()[name]
    assert isinstance(op, Elementwise)
    check_operands(op, args, span)
    rule = op.rule(tuple(a.type for a in args))
    fixed = not op.differentiable or all(a.type.fixed for a in args)
    valid = chosen(g, *args) if name == "where" else frozenset().union(*(a.valid for a in args))
    type_ = replace(rule, axes=union(args, span), fixed=fixed)
    return g.add(name, args, type_, valid=valid, span=span)


def check_operands(op: Elementwise, args: Sequence[Typed], span: Span) -> None:
    wants_mask = range(len(args)) if op.operands == "bool" else (0,) if op.name == "where" else ()
    for i in wants_mask:
        if not args[i].type.is_mask:
            found = args[i].type.kind
            hint = "`and`, `or` and `not` work on masks" if op.operands == "bool" else "the first argument is a mask"
            raise error(
                "LD003",
                "wrong-argument",
                f"`{op.symbol or op.name}` expects a mask, found {found}",
                args[i].place or span,
                help=f"{hint}: write a comparison, for example `x > 0`",
            )
    if op.name == "sigmoid" and args[0].type.kind in (PROB, PROBS):
        raise error(
            "LD302",
            "sigmoid-before-bce-logits",
            f"sigmoid of a value that is already a probability ({args[0].type.kind})",
            args[0].place or span,
            help="drop the second sigmoid, or declare the input as `score`",
        )
