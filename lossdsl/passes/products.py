"""Products with a value that may be infinite follow 0 * log 0 = 0, in value and in gradient."""

from __future__ import annotations

from collections.abc import Sequence

from lossdsl.ir.node import Graph, Node, reachable

SPREADS = {
    "neg", "add", "sub", "mul", "mul0", "div", "where", "rename", "slice", "pick", "gather", "expand", "sg", "flip", "sort", "diag",
    "log_softmax",
}  # fmt: skip


def guard_products(roots: Sequence[Node]) -> list[Node]:
    """The same values, with `mul0` where one factor may be infinite."""
    g = Graph()
    new: dict[int, Node] = {}
    infinite: set[int] = set()
    for node in reachable(roots):
        args = [new[a.id] for a in node.args]
        op = node.op
        if op == "mul":
            unbounded = [a.id in infinite for a in args]
            if any(unbounded):
                weight, value = args if unbounded[1] else args[::-1]
                if not (weight.is_const and weight.attr("value") != 0):
                    op, args = "mul0", [weight, value]
        copy = g.add(op, args, axes=node.axes, dtype=node.dtype, **dict(node.attrs))
        copy.hint = copy.hint or node.hint
        new[node.id] = copy
        if may_be_infinite(copy, infinite):
            infinite.add(copy.id)
    return [new[r.id] for r in roots]


def may_be_infinite(node: Node, infinite: set[int]) -> bool:
    """Whether a value can be infinite at valid, finite inputs: a log-probability, and what is made of one."""
    if node.op == "log0":
        return True
    if node.op == "input":
        return bool(node.attr("infinite"))
    if node.op == "gather":
        return node.args[0].id in infinite
    return node.op in SPREADS and any(a.id in infinite for a in node.args)
