"""Applies the stabilising rewrites until none fits, and folds constants on the way."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache

from lossdsl.ir.node import FLOAT, Graph, Node, reachable
from lossdsl.passes.match import build, heads, match
from lossdsl.rewrites.rule import Rule
from lossdsl.rewrites.tables import STABILISING

MOST_STEPS = 100  # a bound on rewrites of one node; the tables shrink or stabilise, so it is never met

FOLD: dict[str, Callable[..., float]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "neg": lambda a: -a,
    "log": lambda a: math.log(a) if a else -math.inf,
    "exp": math.exp,
    "sqrt": math.sqrt,
    "square": lambda a: a * a,
    "pow": lambda a, b: a**b,
    "recip": lambda a: 1 / a,
    "maximum": max,
    "minimum": min,
    "log1p": math.log1p,
    "expm1": math.expm1,
}


@cache
def by_head(rules: tuple[Rule, ...] = STABILISING) -> dict[str, list[Rule]]:
    found: dict[str, list[Rule]] = {}
    for rule in rules:
        for head in heads(rule.pattern):
            found.setdefault(head, []).append(rule)
    return found


def stabilise(roots: Sequence[Node], applied: list[str] | None = None) -> list[Node]:
    """The same values in a new graph; the names of the rewrites that fitted are added to `applied`."""
    g = Graph()
    new: dict[int, Node] = {}
    for node in reachable(roots):
        args = [new[a.id] for a in node.args]
        copy = g.add(node.op, args, axes=node.axes, dtype=node.dtype, **dict(node.attrs))
        copy.hint = copy.hint or node.hint
        new[node.id] = settle(g, copy, applied)
    return [new[r.id] for r in roots]


def settle(g: Graph, node: Node, applied: list[str] | None) -> Node:
    """A node after every rewrite that fits it."""
    for _ in range(MOST_STEPS):
        node = folded(g, node)
        for rule in by_head().get(node.op, ()):
            bound = match(rule.pattern, node, {})
            if bound is None:
                continue
            better = build(rule.replacement, g, bound, lambda n: settle(g, n, applied))
            if set(better.names) != set(node.names):
                continue
            if applied is not None:
                applied.append(rule.name)
            better.hint = better.hint or node.hint
            node = better
            break
        else:
            return node
    return node


def folded(g: Graph, node: Node) -> Node:
    """A constant in place of arithmetic on constants."""
    if node.op not in FOLD or node.dtype != FLOAT or not node.args or not all(a.is_const for a in node.args):
        return node
    try:
        return g.const(float(FOLD[node.op](*(a.attr("value") for a in node.args))))
    except (ValueError, OverflowError, ZeroDivisionError):
        return node
