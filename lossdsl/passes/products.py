"""Products with a logarithm, which may be infinite, follow 0 * log 0 = 0, in value and in gradient."""

from __future__ import annotations

import math
from collections.abc import Sequence

from lossdsl.ir.node import BOOL, Graph, Node, reachable

SPREADS = {
    "neg", "add", "sub", "mul", "mul0", "mul0_exp", "div", "where", "rename", "slice", "pick", "gather", "expand", "sg",
    "flip", "sort", "diag", "log_softmax",
}  # fmt: skip


def guard_products(roots: Sequence[Node]) -> list[Node]:
    """The same values, with `mul0` where one factor may be infinite."""
    nodes = reachable(roots)
    logarithms = infinities(nodes, logits=False)
    infinite = infinities(nodes, logits=True)
    multiplied = factors(nodes, logarithms)
    g = Graph()
    new: dict[int, Node] = {}
    for node in nodes:
        args = [new[a.id] for a in node.args]
        op = "log0" if node.op == "log" and node.id in multiplied else node.op
        if is_weighted(node, infinite):
            weight, value = args if node.args[1].id in infinite else args[::-1]
            op, args = ("mul0_exp" if weight.op in ("softmax", "exp") else "mul0"), [weight, value]
        elif op == "logsumexp" and node.args[0].id in logarithms:
            op = "logsumexp0"
        new[node.id] = g.add(op, args, axes=node.axes, dtype=node.dtype, **dict(node.attrs))
        if is_weighted_sum(node, logarithms):
            new[node.id] = contraction(g, new[node.id], node.args[1].id in logarithms)
        new[node.id].hint = new[node.id].hint or node.hint
    return [new[r.id] for r in roots]


def is_weighted(node: Node, infinite: set[int]) -> bool:
    """Whether a node is the product of a value that may be infinite and a weight that may be 0."""
    if node.op != "mul" or not any(a.id in infinite for a in node.args):
        return False
    weight = node.args[0] if node.args[1].id in infinite else node.args[1]
    return not (weight.is_const and weight.attr("value") != 0)


def is_weighted_sum(node: Node, infinite: set[int]) -> bool:
    return node.op == "dot" and len(node.args) == 2 and sum(a.id in infinite for a in node.args) == 1


def contraction(g: Graph, dot: Node, second: bool) -> Node:
    """A contraction with a value that may be minus infinity: that of its finite part, and what the rest adds."""
    weight, value = dot.args if second else dot.args[::-1]
    infinite = g.add("equal", (value, g.const(-math.inf)), dtype=BOOL)
    finite = g.add("where", (infinite, g.const(0.0), value), axes=value.axes)
    attrs = dict(dot.attrs)
    total = g.add("dot", (weight, finite) if second else (finite, weight), axes=dot.axes, **attrs)
    held = g.add("to_float", (infinite,))
    hits = g.add("dot", (g.add("sg", (weight,)), held), axes=dot.axes, **attrs)
    none = g.add("equal", (hits, g.const(0.0)), dtype=BOOL)
    rest = g.add("where", (none, g.const(0.0), g.add("mul", (hits, g.const(-math.inf)))), axes=dot.axes)
    return g.add("add", (total, rest), axes=dot.axes)


def factors(nodes: Sequence[Node], infinite: set[int]) -> set[int]:
    """The values that such products are made of: their logarithms take no gradient from 0."""
    found: set[int] = set()
    for node in reversed(nodes):
        if is_weighted(node, infinite) or is_weighted_sum(node, infinite) or node.id in found and node.op in SPREADS:
            found.update(a.id for a in node.args if a.id in infinite)
    return found


def infinities(nodes: Sequence[Node], logits: bool) -> set[int]:
    """The values that may be infinite: logarithms and, with `logits`, logits that a caller masks with -inf.

    A masked logit is expected in a product with its probability, where a guard is cheap. It is not worth a second
    contraction, nor a guard on every logsumexp, whose rows have other logits.
    """
    found: set[int] = set()
    for node in nodes:
        if may_be_infinite(node, found, logits):
            found.add(node.id)
    return found


def may_be_infinite(node: Node, infinite: set[int], logits: bool) -> bool:
    """Whether a value can be infinite at valid inputs: a logarithm, and what is made of one."""
    if node.op in ("log", "log0"):
        return not is_positive(node.args[0])
    if node.op == "input":
        return node.attr("infinite") == "log" or logits and node.attr("infinite") == "logits"
    if node.op == "gather":
        return node.args[0].id in infinite
    if node.op in ("logsumexp", "logsumexp0"):
        return not logits and node.args[0].id in infinite
    return node.op in SPREADS and any(a.id in infinite for a in node.args)


def is_positive(node: Node) -> bool:
    """Whether a value is certainly above 0, as far as the graph tells: a size, a count that is at least 1."""
    return node.op in ("size", "extent", "at_least") or node.is_const and node.attr("value") > 0
