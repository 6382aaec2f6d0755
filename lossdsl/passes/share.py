"""Row statistics are computed once: a softmax beside the log-softmax of the same values is its exponential."""

from __future__ import annotations

from collections.abc import Sequence

from lossdsl.ir.node import Graph, Node, reachable


def share_rows(roots: Sequence[Node]) -> list[Node]:
    """The same values, with one pass over the rows where there were two."""
    nodes = reachable(roots)
    logs = {(n.args[0].id, n.attr("axis_names")): n for n in nodes if n.op == "log_softmax"}
    g = Graph()
    new: dict[int, Node] = {}

    def copy(node: Node) -> Node:
        if node.id not in new:
            made = g.add(node.op, [copy(a) for a in node.args], axes=node.axes, dtype=node.dtype, **dict(node.attrs))
            made.hint = made.hint or node.hint
            new[node.id] = made
        return new[node.id]

    for node in nodes:
        twin = logs.get((node.args[0].id, node.attr("axis_names"))) if node.op == "softmax" else None
        if twin is None:
            copy(node)
        else:
            new[node.id] = g.add("exp", (copy(twin),), axes=node.axes)
            new[node.id].hint = node.hint
    return [new[r.id] for r in roots]
