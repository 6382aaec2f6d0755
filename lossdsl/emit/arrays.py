"""Source of the ops that work on whole rows or matrices: each operand with its dimensions in place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lossdsl.emit.layout import aligned, permuted, written
from lossdsl.ir.node import Node
from lossdsl.ops.op import Along, Batched


def along(op: Along, node: Node, texts: Sequence[str]) -> str:
    """A call along axes; the arguments after x go by the names in `roles`."""
    axes = node.attr("axis_names")
    attrs: dict[str, Any] = dict(node.attrs)
    held = list(dict.fromkeys(n for a in node.args for n in a.names))
    over = tuple(held.index(n) for n in axes)
    lined = [t if not a.names else aligned(t, a.names, held) for a, t in zip(node.args, texts, strict=True)]
    roles = dict(zip(attrs.get("roles", ()), lined[1:], strict=True))
    named = {**dict.fromkeys((*op.values, *op.scalars, "valid"), "None"), **roles}
    named |= {k: repr(attrs[k]) for k in op.integers}
    template = op.torch if op.masked or len(over) == 1 else op.many
    assert template is not None
    text = template.format(x=lined[0], dim=written(over), **named)
    gone = axes if op.validity == "reduced" else ()
    return permuted(text, [n for n in held if n not in gone], node.names)


def batched(op: Batched, node: Node, texts: Sequence[str]) -> str:
    """A call on matrices: batch dimensions first, then those in brackets, then the last operand's columns."""
    axes = node.attr("axis_names")
    operands = len(node.args) - node.attr("masked")
    first = {n for i, a in enumerate(node.args) if i == 0 or i >= operands for n in a.names}
    batch = [n for n in node.names if n not in axes and (not op.columns or n in first)]
    columns = [n for n in node.names if n not in axes and n not in batch]
    lined = []
    for i, (arg, text) in enumerate(zip(node.args, texts, strict=True)):
        core = [axes[k] for k in op.cores[i if i < operands else 0]]
        wide = [*batch, *core, *(columns if op.columns and i and i < operands else ())]
        # A mask gets every dimension of its matrix, so that its own diagonal can be taken.
        line_up = full if i >= operands or op.columns else aligned
        lined.append(line_up(text, arg.names, wide))
    if node.attr("masked"):
        lined[-1] = f"{lined[-1]}.expand_as({lined[0]})"
    return op.torch.format(*lined, valid=lined[-1] if node.attr("masked") else "None")


def full(text: str, have: Sequence[str], want: Sequence[str]) -> str:
    """The expression with every dimension of `want`, of size 1 where it lacks the axis."""
    text = permuted(text, have, [n for n in want if n in have])
    index = [":" if n in have else "None" for n in want]
    return f"{text}[{', '.join(index)}]" if "None" in index else text
