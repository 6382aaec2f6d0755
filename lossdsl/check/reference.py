"""What a program means, straight from its typed graph: every value in NumPy float64, masks applied element by element.

Shares nothing with the lowering, the passes and the emitter but the float64 meanings in the table of primitives, so
that a mistake there cannot hide here. It also works out validity anew: it reads where a mask enters (`x where m`)
and not the masks that the elaboration attached to each value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lossdsl.check import elementwise, inner, loops, matrices, rows, structure
from lossdsl.check.array import Array, array
from lossdsl.check.numbers import DIGITS, EXTENDED, digits, number
from lossdsl.check.rounding import Rounding
from lossdsl.elaborate.typed import Typed
from lossdsl.ops.op import Along, Batched, Elementwise, Reduction
from lossdsl.ops.registry import table
from lossdsl.types.kind import LOGITS, LOGPROBS

Key = tuple[int, tuple[int, ...]]  # a value, and at which steps of the loops around it


@dataclass(frozen=True)
class Leaves:
    """What a program is evaluated on, by name; `sizes` are the lengths of axes by their symbol."""

    inputs: Mapping[str, Any]
    params: Mapping[str, Any]
    state: Mapping[str, Any]
    sizes: Mapping[str, int]
    clocks: Mapping[str, int] = field(default_factory=dict)


class Frozen(dict[Key, Array]):
    """Values kept from another evaluation: those through which no gradient flows, and the lengths of loops."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: dict[Key, int] = {}


class Reference:
    """The values that `roots` need, in order; evaluate it as often as you like."""

    def __init__(self, roots: Iterable[Typed]) -> None:
        self.roots = list(roots)
        nodes = needed(self.roots)
        self.loops = loops.owners(nodes)
        self.nodes = [n for n in nodes if n.id not in self.loops.owner]
        self._parts: dict[int, Reference] = {}

    def part(self, node: Typed) -> Reference:
        """The reference of one of its values."""
        if node.id not in self._parts:
            self._parts[node.id] = Reference([node])
        return self._parts[node.id]

    def evaluate(self, leaves: Leaves, **options: Any) -> Evaluation:
        """All values. See `Evaluation` for the options."""
        this = Evaluation(self, leaves, **options)
        with np.errstate(all="call", call=this.note):
            if this.extended:
                with digits(DIGITS):
                    this.run(self.nodes)
            else:
                this.run(self.nodes)
        return this


class Evaluation:
    """One run.

    `record` keeps what stands still under differentiation (stop-gradients, masks, choices), `frozen` is such a record
    to hold fixed. `rounding` puts rounding errors on every value. `trace` collects which side of its kink each value
    is on. With `extended` numbers have 50 digits and no limit of range; `left_range` says whether float64 did not
    suffice.
    """

    def __init__(
        self,
        reference: Reference,
        leaves: Leaves,
        record: Frozen | None = None,
        frozen: Frozen | None = None,
        rounding: Rounding | None = None,
        trace: dict[Key, bytes] | None = None,
        extended: bool = False,
    ) -> None:
        self.reference = reference
        self.loops = reference.loops
        self.leaves = leaves
        self.record, self.frozen, self.rounding, self.trace = record, frozen, rounding, trace
        self.extended = extended
        self.xp: Any = EXTENDED if extended else np
        self.left_range = False
        self.values: dict[int, Array] = {}
        self.results: dict[int, tuple[Array, ...]] = {}  # of loops
        self.variables: dict[tuple[int, int], Array] = {}  # of the loops that run
        self.positions: dict[int, int] = {}  # of the scans that run
        self.path: tuple[int, ...] = ()
        self.derived: dict[Any, Any] = {}  # masks after a change of axes: the same change gives the same mask
        self.logarithmic: set[int] = set()  # values that may be -inf because they are logs: 0 times them is 0

    def __getitem__(self, node: Typed) -> Array:
        return self.values[node.id]

    def result(self, root: Typed) -> Any:
        """The value of an output: what is invalid counts 0, as a mean over nothing does."""
        value = self.values[root.id]
        return np.where(value.valid, value.values, 0.0) if value.masks else value.values

    def note(self, kind: str, flag: int) -> None:
        if kind in ("overflow", "underflow"):
            self.left_range = True

    def run(self, nodes: Iterable[Typed]) -> None:
        for node in nodes:
            if node.op == "loop":
                self.results[node.id] = loops.loop(self, node)
                continue
            key = (node.id, self.path)
            if self.frozen is not None and key in self.frozen:
                self.values[node.id] = self.frozen[key]
                continue
            value = self.node(node)
            if self.record is not None and stands_still(node):
                self.record[key] = value
            self.values[node.id] = value

    def node(self, node: Typed) -> Array:
        args = [self.values[a.id] for a in node.args if a.op != "loop"]
        if node.op in LOGARITHMIC and any(a.id in self.logarithmic for a in node.args) or node.op == "log" or (
            node.op == "input" and node.type.kind in (LOGITS, LOGPROBS)
        ):  # fmt: skip
            self.logarithmic.add(node.id)
        op = table().get(node.op)
        if isinstance(op, Elementwise):
            return elementwise.apply(self, op, node, args)
        if isinstance(op, Reduction):
            return rows.reduction(self, op, node, args)
        if isinstance(op, Along):
            return rows.along(self, op, node, args)
        if isinstance(op, Batched):
            return matrices.batched(self, op, node, args)
        return SPECIAL[node.op](self, node, args)

    def numbers(self, values: Any) -> Any:
        """Masks and integers as the numbers they are reckoned with."""
        values = np.asarray(values)
        if self.extended:
            if values.dtype == object:
                return values
            return np.asarray(number(values.astype(float)), dtype=object)
        return values.astype(np.float64)

    def finished(self, node: Typed, axes: Iterable[str], values: Any, masks: Iterable[Any], error: Any = None) -> Array:
        """A computed value; `error` is how large its rounding error is, in units of roundoff."""
        values = np.asarray(values)
        if self.extended and values.dtype.kind in "fO":
            values = np.asarray(number(values), dtype=object)
        if self.rounding is not None and error is not None and values.dtype.kind in "fO":
            values = values + self.rounding.draw(values.shape) * error
        return array(tuple(axes), values, masks)


# Through these the -inf of a logarithm, or of a logit that is masked out, passes.
LOGARITHMIC = {
    "neg", "add", "sub", "mul", "div", "where", "rename", "slice", "pick", "gather", "expand", "sg", "flip", "sort",
    "diag", "cast", "mask_by", "at", "with_gradient", "log_softmax", "logsumexp",
}  # fmt: skip


def needed(roots: Iterable[Typed]) -> list[Typed]:
    """Everything the roots are computed from, in order. The masks attached to values are not read otherwise."""
    seen: dict[int, Typed] = {}
    stack = list(roots)
    while stack:
        node = stack.pop()
        if node.id not in seen:
            seen[node.id] = node
            stack.extend(node.args)
            if node.op == "grad":
                stack.extend(node.valid)  # the masks of the input, which is not among the arguments
    return [seen[i] for i in sorted(seen)]


def stands_still(node: Typed) -> bool:
    """Whether no gradient flows through a value."""
    if node.op == "loop_out":
        return dict(node.args[0].attrs)["gradient"] == "envelope"
    if node.op in ("sg", "size", "count_valid") or node.type.is_mask or node.type.is_integer:
        return True
    return not getattr(table().get(node.op), "differentiable", True)


def with_gradient(run: Evaluation, node: Typed, args: list[Array]) -> Array:
    """The first argument; in a frozen run the change of the second is added to it."""
    value = elementwise.broadcast(run, node, args, lambda value, of: value)
    key = (node.id, run.path)
    held, base = (key[0], (*run.path, -1)), (key[0], (*run.path, -2))
    if run.record is not None:
        run.record[held], run.record[base] = value, args[1]
    if run.frozen is not None:
        fixed = [run.frozen[held], args[1], run.frozen[base]]
        return elementwise.broadcast(run, node, fixed, lambda v, now, then: v + (now - then))
    return value


SPECIAL: dict[str, Any] = {
    **structure.SPECIAL,
    **loops.SPECIAL,
    "dot": matrices.dot,
    "with_gradient": with_gradient,
    "grad": inner.grad,
}
