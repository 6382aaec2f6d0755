"""Which values are sums over the rows of a batch, so that the pieces of a batch must add up to them."""

from __future__ import annotations

from collections.abc import Collection

from lossdsl.elaborate.typed import Typed, reachable

FREE, ROW, SUM, MIXED = "free of the axis", "one for each row", "a sum over rows", "neither"
LINEAR = {"neg", "cast", "sg", "rename"}


def additive(value: Typed, axis: str, samples: Collection[str]) -> bool:
    """Whether a term is a sum over the rows along a sample axis, means with a global count included."""
    known: dict[int, str] = {}
    for node in reachable([value]):
        known[node.id] = role(node, axis, samples, known)
    return known[value.id] == SUM


def role(node: Typed, axis: str, samples: Collection[str], known: dict[int, str]) -> str:
    """How a value depends on the rows along an axis, given how its arguments and masks do."""
    masks = {known[m.id] for m in node.valid}
    if MIXED in masks or SUM in masks:
        return MIXED
    if node.op in ("position", "size") and depends(node, axis):
        return MIXED  # positions and lengths are others in a piece
    if node.op in ("input", "state"):
        if any(a.name != axis and axis in a.length.symbols for a in node.type.axes):
            return MIXED
        return ROW if axis in node.type.names else FREE
    args = [known[a.id] for a in node.args]
    if MIXED in args or node.op in ("loop", "loop_out", "loop_var", "at") and set(args) - {FREE}:
        return MIXED
    if set(args) <= {FREE}:
        return FREE
    if SUM in args:
        return of_sums(node, args)
    along = set(dict(node.attrs).get("axes", ()))
    if axis in along:
        return reduced(node, axis, along, samples)
    if node.op in ("slice", "pick", "gather") and node.attr("axis") == axis:
        return MIXED
    if node.op == "rename" and axis not in node.type.names:
        return MIXED
    return ROW


def reduced(node: Typed, axis: str, along: set[str], samples: Collection[str]) -> str:
    if node.op in ("sum", "count") and len(node.args) == 1 or node.op == "dot":
        return SUM
    if node.op == "mean" and len(node.args) == 1 and axis in samples:
        # The count is global if it is one number: a mask with further axes counts for each of their elements.
        own = {n for m in node.args[0].valid if set(m.type.names) & along for n in m.type.names}
        return SUM if own <= along and not node.type.axes else MIXED
    return MIXED


def of_sums(node: Typed, args: list[str]) -> str:
    """Sums stay sums under linear operations."""
    if node.op in LINEAR:
        return SUM
    if node.op in ("add", "sub"):
        return SUM if set(args) == {SUM} else MIXED
    if node.op == "mul":
        return SUM if sorted(args) == sorted((FREE, SUM)) else MIXED
    if node.op == "div":
        return SUM if args == [SUM, FREE] else MIXED
    if node.op in ("sum", "mean") and not node.args[0].valid and len(args) == 1:
        return SUM
    return MIXED


def depends(node: Typed, axis: str) -> bool:
    return axis in node.attr("length").symbols
