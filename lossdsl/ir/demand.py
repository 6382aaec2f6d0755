"""Which elements of each value are needed, found backwards from the results.

A value that is only used where a mask holds need not be computed elsewhere, and whatever stands elsewhere must
not reach a gradient: zero times NaN is NaN. So the masks are carried back through the operations to the inputs,
where the elements that nobody needs are replaced by a harmless number. The demand of a value is a set of
alternatives, each a set of masks that hold together; None means that every element is needed.

A mask may be computed from the very value that it masks, as in `log(x) where x > 0`. What masks and indices read
has no gradient, so it makes no demand: it is lowered a second time, without any replacement ("as it is"). Only where
that would repeat a contraction or a loop, masks read the one value there is, and then need all of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from lossdsl.elaborate.elementwise import apply, constant
from lossdsl.elaborate.masks import any_over, conjunction, conjuncts, consumed, logical
from lossdsl.elaborate.structure import position, rename, size
from lossdsl.elaborate.typed import Graph, Typed, reachable
from lossdsl.ops.op import Along, Batched, Elementwise, Reduction
from lossdsl.ops.registry import table

Masks = frozenset[Typed]
Demand = frozenset[Masks] | None

MOST_ALTERNATIVES = 16
NOTHING: Demand = frozenset()

DEAR = {"dot", "loop", "loop_out", "loop_var", "at"}  # and what works on matrices: never computed twice


@dataclass
class Needed:
    """`gradient` is the demand of uses that differentiate, `value` that of uses that only read."""

    gradient: Demand = NOTHING
    value: Demand = NOTHING


class Demands:
    """The demand of every value that the roots need.

    `differentiated` are totals, `read` values computed along the way to them, `apart` others that are only read:
    metrics and updates of state.
    """

    def __init__(
        self, g: Graph, differentiated: Iterable[Typed], read: Iterable[Typed], apart: Iterable[Typed] = ()
    ) -> None:
        self.g = g
        self._dear: dict[int, bool] = {}
        self._rows: dict[int, bool] = {}
        self._inside: dict[int, frozenset[int]] = {}
        differentiated, read, apart = list(differentiated), list(read), list(apart)
        nodes = reachable([*differentiated, *read, *apart])
        self.has_loops = any(n.op == "loop" for n in nodes)
        self.needed = {n.id: Needed() for n in nodes}
        for root in differentiated:
            self.needed[root.id].gradient = None
        for root in [*read, *(a for a in apart if self.shares(a))]:
            self.needed[root.id].value = None
        for node in reversed(nodes):
            self._carry(node)

    def _carry(self, node: Typed) -> None:
        here = self.needed[node.id]
        if node.op == "count_valid":
            return
        for place, arg in enumerate(node.args):
            if reads_only(arg):
                continue
            there = self.needed[arg.id]
            if reads_only(node):
                if self.dear(arg):
                    there.value = None
                continue
            reads = not differentiates(node, place)
            for demand, gradient in ((here.gradient, not reads), (here.value, False)):
                for masks in (frozenset(),) if demand is None else demand:
                    passed = self._through(node, place, masks)
                    if gradient:
                        there.gradient = joined(there.gradient, passed)
                    else:
                        there.value = joined(there.value, passed)

    def as_it_is(self, node: Typed, arg: Typed, raw: bool) -> bool:
        """Whether `node`, itself lowered as it is if `raw`, reads its argument without replacements."""
        if reads_only(arg):
            return False  # masks and indices exist once
        return not self.dear(arg) if reads_only(node) else raw

    def dear(self, node: Typed) -> bool:
        """Whether computing a value a second time would repeat a contraction or a loop."""
        return self._holds(node, self._dear, lambda n: n.op in DEAR or isinstance(table().get(n.op), Batched))

    def shares(self, root: Typed) -> bool:
        """Whether a metric is better read off the values of the loss: where a softmax would be repeated too."""
        return self.dear(root) or self._holds(
            root, self._rows, lambda n: isinstance(table().get(n.op), Along) or n.op == "logsumexp"
        )

    def _loops(self, node: Typed) -> frozenset[int]:
        """The loops whose steps a value belongs to or is made of."""
        if node.id not in self._inside:
            inside = [n for n in reachable([node]) if n.op in ("loop_var", "at")]
            self._inside[node.id] = frozenset(n.attr("loop") for n in inside)
        return self._inside[node.id]

    def _holds(self, node: Typed, known: dict[int, bool], test: Callable[[Typed], bool]) -> bool:
        """Whether the test holds for a value or any real value that it is made of."""
        stack = [node]
        while stack:
            top = stack[-1]
            unknown = [a for a in top.args if a.id not in known and not reads_only(a)]
            if top.id in known or not unknown:
                known.setdefault(top.id, test(top) or any(known[a.id] for a in top.args if not reads_only(a)))
                stack.pop()
            else:
                stack += unknown
        return known[node.id]

    def _through(self, node: Typed, place: int, masks: Masks) -> Masks:
        """The masks under which an argument is needed, given those under which the result is."""
        arg = node.args[place]
        op = table().get(node.op)
        if node.op == "rename":
            back = {new: old for old, new in node.attr("names")}
            return frozenset(rename(self.g, m, back, node.span) for m in masks)  # type: ignore[arg-type]
        if node.op == "mask_by":
            masks = masks | {node.args[1]}
        elif node.op == "where" and place:
            choice = node.args[0]
            masks = masks | {choice if place == 1 else logical(self.g, "not", (choice,))}
        elif node.op in ("slice", "pick", "gather", "at"):
            masks = frozenset(b for m in masks for part in conjuncts(m) for b in self._before(node, part))
        elif node.op == "dot":
            masks = masks.union(*(consumed(a, node.attr("axes")) for a in node.args))
        elif isinstance(op, Reduction) and place == 0:
            masks = masks | (arg.valid if ("all", True) in node.attrs else set(consumed(arg, node.attr("axes"))))
        elif isinstance(op, (Along, Batched)):
            axes = set(node.attr("axes"))
            own = [arg] if isinstance(op, Batched) else node.args
            masks = frozenset(m for m in masks if not axes & set(m.type.names))
            masks = masks.union(*(consumed(a, axes) for a in own))
        elif op is not None and not isinstance(op, (Elementwise, Reduction)) and node.op not in PASSES:
            return frozenset()
        return self.projected(masks, arg)

    def _before(self, node: Typed, mask: Typed) -> Iterable[Typed]:
        """Masks of what a selection selects from, given one of what it selects."""
        x, axis = node.args[0], node.attr("axis")
        if mask.op == node.op and mask.attrs == node.attrs and mask.args[1:] == node.args[1:]:
            return conjuncts(mask.args[0])
        if node.op == "at":
            return ()  # it may change from step to step
        if node.op == "slice" and axis in mask.type.names:
            return (self._padded(node, mask),)
        if axis in mask.type.names:
            return ()
        if node.op == "pick":
            along = x.type.axis(axis)
            assert along is not None and node.span is not None
            index = constant(self.g, node.attr("index"))
            if node.attr("index") < 0:
                index = apply(self.g, "add", (size(self.g, along.length, node.span), index), node.span)
            return (mask, apply(self.g, "equal", (position(self.g, along), index), node.span))
        return (mask,)

    def _padded(self, node: Typed, mask: Typed) -> Typed:
        """A mask of a slice as a mask of the whole axis, which does not hold outside the slice."""
        whole = node.args[0].type.axis(node.attr("axis"))
        assert whole is not None
        axes = tuple(whole if a.name == whole.name else a for a in mask.type.axes)
        return self.g.add("pad", (mask,), replace(mask.type, axes=axes), attrs=dict(node.attrs))

    def of_operand(self, needed: Needed, operand: Typed) -> Needed:
        """The demand that a value makes on an operand with fewer axes; a scalar is needed if any element is."""

        def through(demand: Demand) -> Demand:
            found: Demand = NOTHING
            for masks in (frozenset(),) if demand is None else demand:
                found = joined(found, self.projected(masks, operand))
            return found

        return Needed(through(needed.gradient), through(needed.value))

    def projected(self, masks: Masks, arg: Typed) -> Masks:
        """Masks of a result as masks of an operand that may lack some of the axes.

        An element of the operand is needed if along the axes that it lacks all masks hold somewhere together.
        """
        have = set(arg.type.names)
        found: set[Typed] = set()
        wider: list[tuple[set[str], set[Typed]]] = []  # axes that the operand lacks, and the masks that have them
        for part in sorted({p for m in masks for p in conjuncts(m)}, key=lambda p: p.id):
            if self.has_loops and not self._loops(part) <= self._loops(arg):
                continue  # the mask changes from step to step of a loop, the value does not
            missing = set(part.type.names) - have
            if not missing:
                found.add(part)
            elif not data_independent(part):
                group = [w for w in wider if w[0] & missing]
                wider = [w for w in wider if not w[0] & missing]
                wider.append((missing.union(*(w[0] for w in group)), {part}.union(*(w[1] for w in group))))
        for missing, parts in wider:
            if arg.op in LEAVES and not any(set(p.type.names) & have for p in parts):
                continue
            together = conjunction(self.g, parts)
            assert together is not None
            found.add(any_over(self.g, together, missing))
        return frozenset(found)


LEAVES = {"input", "param", "const", "size", "clock", "state"}
PASSES = {"sg", "with_gradient"}


def reads_only(node: Typed) -> bool:
    """Whether a value is a mask or an index, through which no gradient flows."""
    return node.type.is_mask or node.type.is_integer


def differentiates(node: Typed, position: int) -> bool:
    """Whether a gradient of the result reaches this argument."""
    if node.op in ("sg", "count") or node.args[position].type.fixed:
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


def data_independent(mask: Typed) -> bool:
    """Whether a mask is made of positions and numbers alone."""
    return all(n.op not in ("input", "state") for n in reachable([mask]))
