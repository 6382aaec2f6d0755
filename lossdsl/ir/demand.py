"""Which elements of each value are needed, found backwards from the results.

A value that is only used where a mask holds need not be computed elsewhere, and whatever stands elsewhere must
not reach a gradient: zero times NaN is NaN. So the masks are carried back through the operations to the inputs,
where the elements that nobody needs are replaced by a harmless number. The demand of a value is a set of
alternatives, each a set of masks that hold together; None means that every element is needed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lossdsl.elaborate.masks import any_over, consumed, logical
from lossdsl.elaborate.structure import rename
from lossdsl.elaborate.typed import Graph, Typed, reachable
from lossdsl.ops.op import Along, Batched, Elementwise, Reduction
from lossdsl.ops.registry import table

Masks = frozenset[Typed]
Demand = frozenset[Masks] | None

MOST_ALTERNATIVES = 6
NOTHING: Demand = frozenset()


@dataclass
class Needed:
    """`gradient` is the demand of uses that differentiate, `value` that of uses that only read."""

    gradient: Demand = NOTHING
    value: Demand = NOTHING


class Demands:
    """The demand of every value that the roots need."""

    def __init__(self, g: Graph, differentiated: Iterable[Typed], read: Iterable[Typed]) -> None:
        self.g = g
        differentiated, read = list(differentiated), list(read)
        nodes = reachable([*differentiated, *read])
        self.needed = {n.id: Needed() for n in nodes}
        for root in differentiated:
            self.needed[root.id].gradient = None
        for root in read:
            self.needed[root.id].value = None
        for node in reversed(nodes):
            for mask in node.valid:
                self.needed[mask.id].value = None
            self._carry(node)

    def _carry(self, node: Typed) -> None:
        here = self.needed[node.id]
        for position, arg in enumerate(node.args):
            there = self.needed[arg.id]
            mask_like = arg.type.is_mask or arg.type.is_integer
            reads = mask_like or not differentiates(node, position)
            for demand, gradient in ((here.gradient, not reads), (here.value, False)):
                for masks in (frozenset(),) if demand is None else demand:
                    passed = None if mask_like else self._through(node, position, masks)
                    if gradient:
                        there.gradient = joined(there.gradient, passed)
                    else:
                        there.value = joined(there.value, passed)

    def _through(self, node: Typed, position: int, masks: Masks) -> Masks:
        """The masks under which an argument is needed, given those under which the result is."""
        arg = node.args[position]
        op = table().get(node.op)
        if node.op == "rename":
            back = {new: old for old, new in node.attr("names")}
            return frozenset(rename(self.g, m, back, node.span) for m in masks)  # type: ignore[arg-type]
        if node.op == "mask_by":
            masks = masks | {node.args[1]}
        elif node.op == "where" and position:
            choice = node.args[0]
            masks = masks | {choice if position == 1 else logical(self.g, "not", (choice,))}
        elif node.op in ("slice", "pick", "gather"):
            masks = frozenset(m for m in masks if node.attr("axis") not in m.type.names)
        elif isinstance(op, Reduction) and position == 0 or node.op in ("dot", "count_valid"):
            masks = masks | set(consumed(arg, node.attr("axes")))
        elif isinstance(op, (Along, Batched)):
            axes = set(node.attr("axes"))
            own = [arg] if isinstance(op, Batched) else node.args
            masks = frozenset(m for m in masks if not axes & set(m.type.names))
            masks = masks.union(*(consumed(a, axes) for a in own))
        elif op is not None and not isinstance(op, (Elementwise, Reduction)) and node.op not in PASSES:
            return frozenset()
        return self._projected(masks, arg)

    def _projected(self, masks: Masks, arg: Typed) -> Masks:
        """Masks of a result as masks of an operand that may lack some of the axes."""
        have = set(arg.type.names)
        found: set[Typed] = set()
        for mask in masks:
            for part in conjuncts(mask):
                missing = set(part.type.names) - have
                if not missing:
                    found.add(part)
                elif missing != set(part.type.names) and not data_independent(part):
                    found.add(any_over(self.g, part, missing))
        return frozenset(found)


PASSES = {"sg", "with_gradient"}


def differentiates(node: Typed, position: int) -> bool:
    """Whether a gradient of the result reaches this argument."""
    if node.op in ("sg", "count_valid") or node.args[position].type.fixed:
        return False
    if node.op == "with_gradient":
        return position == 1
    op = table().get(node.op)
    if isinstance(op, Along) and position and node.attr("roles")[position - 1] in op.values:
        return False  # another value's order
    return bool(getattr(op, "differentiable", True))


def joined(demand: Demand, masks: Masks | None) -> Demand:
    """The demand with one more alternative."""
    if demand is None or not masks:
        return None
    if any(m.op == "not" and frozenset({m.args[0]}) in demand for m in masks if len(masks) == 1):
        return None
    if len(masks) == 1 and any(
        len(other) == 1 and (o := next(iter(other))).op == "not" and o.args[0] in masks for other in demand
    ):
        return None
    alternatives = {other for other in demand if not masks <= other}
    if not any(other <= masks for other in alternatives):
        alternatives.add(masks)
    return None if len(alternatives) > MOST_ALTERNATIVES else frozenset(alternatives)


def conjuncts(mask: Typed) -> list[Typed]:
    found, stack = [], [mask]
    while stack:
        part = stack.pop()
        if part.op == "and":
            stack.extend(part.args)
        else:
            found.append(part)
    return found


def data_independent(mask: Typed) -> bool:
    """Whether a mask is made of positions and numbers alone."""
    return all(n.op not in ("input", "state") for n in reachable([mask]))
