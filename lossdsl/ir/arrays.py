"""Lowering of the ops that work on whole rows or matrices and take the mask of their valid elements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lossdsl.elaborate.masks import consumed
from lossdsl.elaborate.typed import Typed
from lossdsl.ir.node import BOOL, FLOAT, INT, Node, union
from lossdsl.ops.op import Along, Batched

if TYPE_CHECKING:
    from lossdsl.ir.lower import Lowering

DTYPES = {"float": FLOAT, "bool": BOOL, "int": INT}


def along(lowering: Lowering, op: Along, node: Typed, args: Sequence[Node]) -> Node:
    """An op along axes; `roles` says what each argument after x is."""
    axes = tuple(node.attr("axes"))
    attrs: dict[str, Any] = dict(node.attrs)
    roles: tuple[str, ...] = attrs.get("roles", ())
    x, rest = args[0], list(args[1:])
    empty = rest.pop(roles.index("empty")) if "empty" in roles else None
    roles = tuple(r for r in roles if r != "empty")
    taken = [a for a, role in zip(node.args, ("x", *roles), strict=False) if role not in op.scalars]
    mask = lowering._all({m for a in taken for m in consumed(a, axes)})
    x = x if op.operands == "any" else lowering.as_float(x)
    rest = [lowering.as_float(a) for a in rest]
    dtype = x.dtype if op.operands == "any" else DTYPES[op.result]
    if op.validity == "moved":
        return lowering.g.add(op.name, (x,), axes=x.axes, dtype=dtype, axis_names=axes)
    if mask is not None and op.neutral is not None:
        x = lowering.select(mask, x, False if x.dtype == BOOL else op.neutral)
    parts = [x, *rest]
    if mask is not None and op.masked:
        parts.append(mask)
        roles = (*roles, "valid")
    reduces = op.validity == "reduced"
    held = [a for a in union(parts) if not (reduces and a.name in axes)]
    extra = {"roles": roles} if op.masked else {}
    statics = {k: attrs[k] for k in op.integers}
    y = lowering.g.add(op.name, parts, axes=held, dtype=dtype, axis_names=axes, **extra, **statics)
    if mask is None or op.masked and not reduces:
        return y
    if not reduces:
        return lowering.select(mask, y, op.result_fill, guard=True)
    some = lowering._reduced("any", mask, [a for a in axes if a in mask.names], BOOL)
    fill = lowering.g.const(op.result_fill) if empty is None else empty
    return lowering.g.add("where", (some, y, fill))


def batched(lowering: Lowering, op: Batched, node: Typed, args: Sequence[Node]) -> Node:
    """An op on matrices: its operands, and last the mask of the first one's valid elements if it has any."""
    axes = tuple(node.attr("axes"))
    operands = [a if op.operands == "any" else lowering.as_float(a) for a in args]
    masks = [lowering._all(consumed(a, axes)) for a in node.args]
    for i, mask in enumerate(masks):
        if i and mask is not None:
            operands[i] = lowering.select(mask, operands[i], 0.0)
    first = masks[0] if op.operands != "any" else None
    if first is not None:
        # Whatever stands in an invalid element must not reach the gradient of what is made of the others.
        operands[0] = lowering.select(first, operands[0], 0.0)
        operands.append(first)
    core = [a for n in axes if (a := node.type.axis(n)) is not None]
    batch = [a for a in union(operands) if a.name not in axes]
    if op.columns:
        lead = {n for a in (operands[0], *operands[len(args) :]) for n in a.names}
        own = [a for a in batch if a.name not in lead]
        result = [*(a for a in batch if a.name in lead), *core, *own]
    else:
        result = [*batch, *core]
    dtype = operands[0].dtype if op.operands == "any" else DTYPES[op.result]
    return lowering.g.add(
        op.name, operands, axes=result, dtype=dtype, axis_names=axes, masked=first is not None
    )
