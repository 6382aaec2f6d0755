"""A value in the words of the language, for messages."""

from __future__ import annotations

from lossdsl.elaborate.typed import Typed
from lossdsl.ops.registry import table

DEEPEST = 4


def describe(node: Typed, depth: int = 0) -> str:
    """An expression for the value, shortened where it is deep."""
    symbol = getattr(table().get(node.op), "symbol", "")
    if node.op in ("input", "param", "state", "clock"):
        return str(node.attr("name"))
    if node.op == "const":
        return str(node.attr("value"))
    if node.op == "position":
        return str(node.attr("axis"))
    if node.op in ("mask_by", "cast"):
        return describe(node.args[0], depth)
    if depth >= DEEPEST:
        return "..."
    parts = [describe(a, depth + 1) for a in node.args]
    if node.op == "rename":
        return f"{parts[0]}[{', '.join(node.type.names)}]"
    if symbol and len(parts) == 2:
        text = f"{parts[0]} {symbol} {parts[1]}"
        return f"({text})" if depth else text
    if node.op == "not":
        return f"not {parts[0]}"
    over = dict(node.attrs).get("axes")
    return f"{node.op}{'[' + ', '.join(over) + ']' if over else ''}({', '.join(parts)})"
