"""Text to syntax trees: one function per form of the language."""

from __future__ import annotations

import threading
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from lossdsl.source.diagnostic import error
from lossdsl.source.span import Fragment
from lossdsl.syntax.ast import AxisSize, Constraint, Declaration, Node, Signature

if TYPE_CHECKING:
    from lark import Lark
    from lark.exceptions import UnexpectedInput

    from lossdsl.syntax.build_forms import Builder

MAX_CHARACTERS = 200_000

_one_at_a_time = threading.Lock()  # the builder holds the fragment that is being parsed


def parse_expression(fragment: Fragment) -> Node:
    """The tree of `ce(logits, labels) + 0.1 * entropy(attn)`."""
    return cast(Node, _parse(fragment, "expression").node)


def parse_declaration(fragment: Fragment) -> Declaration:
    """What `real[batch, time] fixed where pad` says of an input."""
    return cast(Declaration, _parse(fragment, "declaration").node)


def parse_signature(fragment: Fragment) -> Signature:
    """The head of a definition: `kl[k](p ~ dist[k] || q ~ dist[k])`."""
    return cast(Signature, _parse(fragment, "signature").node)


def parse_constraint(fragment: Fragment) -> Constraint:
    """`dcov(pred, group) <= 0.05`, `ce(logits, labels) <= 0.1 each id over dataset`."""
    return cast(Constraint, _parse(fragment, "constraint").node)


def parse_axis_size(fragment: Fragment) -> AxisSize:
    """`2`, `2..`, `k*batch`, `sample`."""
    return cast(AxisSize, _parse(fragment, "axis_size").node)


def parse_numbers(fragment: Fragment) -> tuple[int | float, ...]:
    """The values of `[1, 2.5, -3e-2]`."""
    return cast("tuple[int | float, ...]", _parse(fragment, "numbers"))


def _parse(fragment: Fragment, start: str) -> Any:
    if len(fragment.text) > MAX_CHARACTERS:
        raise error(
            "LD008",
            "limit-exceeded",
            f"an expression of {len(fragment.text):,} characters; the limit is {MAX_CHARACTERS:,}",
            fragment.span(MAX_CHARACTERS, MAX_CHARACTERS + 1),
        )
    parser, builder, failures = _machinery()
    with _one_at_a_time:
        builder.fragment = fragment
        try:
            return parser.parse(fragment.text, start=start)
        except failures as failure:
            from lossdsl.syntax.errors import explain

            found = explain(fragment, start, parser, failure)
    raise found


@cache
def _machinery() -> tuple[Lark, Builder, type[UnexpectedInput]]:
    """The parser, built on first use: reading the grammar and lark costs a start that may never parse."""
    from lark.exceptions import UnexpectedInput

    from lossdsl.syntax.build_forms import Builder
    from lossdsl.syntax.table import load_parser

    builder = Builder()
    return load_parser(builder), builder, UnexpectedInput
