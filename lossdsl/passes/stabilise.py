"""Applies the stabilising rewrites until none fits, and folds constants on the way."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache

from lossdsl.ir.node import FLOAT, Graph, Node, reachable
from lossdsl.ops.op import Elementwise
from lossdsl.ops.registry import table
from lossdsl.passes.match import build, heads, is_guard, match
from lossdsl.rewrites.rule import Rule
from lossdsl.rewrites.tables import STABILISING

MOST_STEPS = 100  # a bound on rewrites of one node; the tables shrink or stabilise, so it is never met

LOGS = {"log", "log0"}
SELECTIONS = {"gather", "pick", "slice", "rename"}

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
        better = improved(g, node, applied) or without_guard(g, node, applied) or selected(g, node, applied)
        if better is None:
            return node
        better.hint = better.hint or node.hint
        node = better
    return node


def improved(g: Graph, node: Node, applied: list[str] | None, through: Node | None = None) -> Node | None:
    """A node after the first rewrite that fits it, looking through guards by the mask `through`."""
    for rule in by_head().get(node.op, ()):
        bound = match(rule.pattern, node, {}, through)
        if bound is None:
            continue
        better = build(rule.replacement, g, bound, lambda n: settle(g, n, applied))
        if through is None and set(better.names) != set(node.names):
            continue
        if is_guard(node) and better.op == "where":
            better = g.add("where", better.args, dtype=better.dtype, guard=True)
        if applied is not None:
            applied.append(rule.name)
        return better
    return None


def without_guard(g: Graph, node: Node, applied: list[str] | None) -> Node | None:
    """A node whose operands are guarded, after a rewrite that fits it without the guards and needs none."""
    guards = [a for a in node.args if is_guard(a)]
    if not guards or not isinstance(table().get(node.op), Elementwise):
        return None
    mask = guards[0].args[0]
    better = improved(g, node, applied, mask)
    if better is None:
        args = [a.args[1] if is_guard(a) and a.args[0] is mask else a for a in node.args]
        better = selected(g, g.add(node.op, args, dtype=node.dtype), applied)
    return None if better is None else g.add("where", (mask, better, g.const(0.0)))


def selected(g: Graph, node: Node, applied: list[str] | None) -> Node | None:
    """The logarithm of selected elements, as a selection from the logarithm, if that has a better form."""
    if node.op == "xlogy":
        logarithm = selected(g, g.add("log0", (node.args[1],)), applied)
        return None if logarithm is None else g.add("mul", (node.args[0], logarithm))
    if node.op not in LOGS or node.args[0].op not in SELECTIONS:
        return None
    chosen = node.args[0]
    inner = settle(g, g.add(node.op, (chosen.args[0],)), applied)
    if inner.op in LOGS:
        return None
    return g.add(chosen.op, (inner, *chosen.args[1:]), axes=chosen.axes, dtype=chosen.dtype, **dict(chosen.attrs))


def folded(g: Graph, node: Node) -> Node:
    """A constant in place of arithmetic on constants."""
    if node.op not in FOLD or node.dtype != FLOAT or not node.args or not all(a.is_const for a in node.args):
        return node
    try:
        return g.const(float(FOLD[node.op](*(a.attr("value") for a in node.args))))
    except (ValueError, OverflowError, ZeroDivisionError):
        return node
