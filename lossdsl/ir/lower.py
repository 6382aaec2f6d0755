"""Typed graph to lowered graph: masks become selections, means become sums over counts."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import Any

from lossdsl.elaborate.describe import describe
from lossdsl.elaborate.masks import conjuncts, consumed
from lossdsl.elaborate.typed import Typed
from lossdsl.ir import arrays
from lossdsl.ir.demand import Demands, Needed, reads_only
from lossdsl.ir.node import BOOL, FLOAT, INT, Graph, Node, union
from lossdsl.ops.op import Along, Batched, Elementwise, Reduction
from lossdsl.ops.registry import table
from lossdsl.types.axis import Axis
from lossdsl.types.kind import LOGITS, LOGPROBS, PROB, PROBS
from lossdsl.types.length import Length
from lossdsl.types.value import ValueType

HARMLESS = 1.0  # inside the domain of every primitive, so a masked input needs no second guard


class Lowering:
    """Builds the lowered graph of the values it is asked for."""

    def __init__(self, demands: Demands, samples: frozenset[str] = frozenset(), global_counts: bool = False) -> None:
        self.demands = demands
        self.samples = samples  # the axes along which a batch is cut into micro-batches
        self.global_counts = global_counts  # divide means over them by counts that the caller gives
        self.counts: dict[str, Node] = {}  # the own count of each such mean, by the name callers know it under
        self.g = Graph()
        self.done: dict[int, Node] = {}
        self.raw: dict[int, Node] = {}  # values as they are, for masks computed from them
        self._ancestors: dict[int, frozenset[int]] = {}
        self._busy: set[int] = set()  # values whose guard is being built

    def lower(self, root: Typed, raw: bool = False) -> Node:
        """The node of a value; whatever it needs is lowered first, in order, without recursion."""
        for node, as_it_is in self._order(root, raw, {False: self.done, True: self.raw}):
            (self.raw if as_it_is else self.done)[node.id] = self._node(node, as_it_is)
        return (self.raw if raw else self.done)[root.id]

    def apart(self, value: Typed) -> Node:
        """The node of a metric or an update of state: of what the loss is made of, or of the inputs as they are."""
        needed = self.demands.needed[value.id]
        mine = needed.gradient == frozenset() or value.type.axes
        return self.lower(value, raw=bool(mine) and not reads_only(value) and not self.demands.shares(value))

    def _order(self, root: Typed, raw: bool, known: Mapping[bool, Container[int]]) -> Iterator[tuple[Typed, bool]]:
        """The values that a value needs, in order, each with whether it is needed as it is; known ones are left out."""
        seen = set()
        stack = [(root, raw, False)]
        while stack:
            node, raw, complete = stack.pop()
            if complete:
                yield node, raw
            elif (node.id, raw) not in seen and node.id not in known[raw]:
                seen.add((node.id, raw))
                stack.append((node, raw, True))
                # The last one pushed comes first: reversed, so that the source follows the order of the spec.
                for arg in reversed(node.args):
                    stack.extend((m, False, False) for m in sorted(arg.valid, key=lambda m: -m.id))
                    stack.append((arg, self.demands.as_it_is(node, arg, raw), False))

    # --- one node -------------------------------------------------------------------------

    def _node(self, node: Typed, raw: bool) -> Node:
        args = [(self.raw if self.demands.as_it_is(node, a, raw) else self.done)[a.id] for a in node.args]
        op = table().get(node.op)
        if node.op in ("sg", "with_gradient"):
            return self.g.add(node.op, args, dtype=args[0].dtype)
        if isinstance(op, Elementwise):
            return self._elementwise(op, node, args, raw)
        if isinstance(op, Reduction):
            return self._reduction(op, node, args)
        if isinstance(op, Along):
            return arrays.along(self, op, node, args)
        if isinstance(op, Batched):
            return arrays.batched(self, op, node, args)
        if node.op == "dot":
            return self._dot(node, args)
        if node.op in ("input", "mask_by"):
            return getattr(self, f"_{node.op}")(node, args, raw)
        return getattr(self, f"_{node.op}")(node, args)

    def _input(self, node: Typed, args: Sequence[Node], raw: bool) -> Node:
        dtype = leaf_dtype(node.type)
        infinite = {LOGPROBS: "log", LOGITS: "logits"}.get(node.type.kind, "")  # log 0; a masked logit
        leaf = self.g.add("input", axes=node.type.axes, dtype=dtype, name=node.attr("name"), infinite=infinite)
        if dtype != FLOAT or raw:
            return leaf
        return self._guarded(node, leaf, self.demands.needed.get(node.id), HARMLESS)

    def _param(self, node: Typed, args: Sequence[Node]) -> Node:
        dtype = BOOL if node.type.is_mask else FLOAT
        return self.g.add("param", axes=node.type.axes, dtype=dtype, name=node.attr("name"))

    def _state(self, node: Typed, args: Sequence[Node]) -> Node:
        return self.g.add("state", axes=node.type.axes, name=node.attr("name"))

    def _clock(self, node: Typed, args: Sequence[Node]) -> Node:
        return self.g.add("clock", name=node.attr("name"))

    def _const(self, node: Typed, args: Sequence[Node]) -> Node:
        value = node.attr("value")
        return self.g.const(value if isinstance(value, bool) else float(value))

    def _size(self, node: Typed, args: Sequence[Node]) -> Node:
        length = node.attr("length")
        return self.g.const(float(length.value)) if length.value is not None else self.g.add("size", length=length)

    def _position(self, node: Typed, args: Sequence[Node]) -> Node:
        return self.g.add("position", axes=node.type.axes, dtype=INT)

    def _grad(self, node: Typed, args: Sequence[Node]) -> Node:
        y, mask = self.as_float(args[0]), self._all(node.args[0].valid)
        x = self.g.add("as_passed", axes=node.type.axes, name=node.attr("name"))
        return self.g.add("grad", (y if mask is None else self.select(mask, y, 0.0), x), axes=node.type.axes)

    def _cast(self, node: Typed, args: Sequence[Node]) -> Node:
        return self.as_float(args[0])

    def _rename(self, node: Typed, args: Sequence[Node]) -> Node:
        new = dict(node.attr("names"))
        axes = [a.renamed(new.get(a.name, a.name)) for a in args[0].axes]
        return self.g.add("rename", args, axes=axes, dtype=args[0].dtype)

    def _slice(self, node: Typed, args: Sequence[Node]) -> Node:
        length = node.type.axis(node.attr("axis"))
        axes = [length if a.name == node.attr("axis") and length else a for a in args[0].axes]
        return self.g.add("slice", args, axes=axes, dtype=args[0].dtype, **dict(node.attrs))

    def _pick(self, node: Typed, args: Sequence[Node]) -> Node:
        axes = [a for a in args[0].axes if a.name != node.attr("axis")]
        return self.g.add("pick", args, axes=axes, dtype=args[0].dtype, **dict(node.attrs))

    def _gather(self, node: Typed, args: Sequence[Node]) -> Node:
        x, index = args
        axes = {a.name: a for a in x.axes if a.name != node.attr("axis")} | {a.name: a for a in index.axes}
        return self.g.add("gather", args, axes=axes.values(), dtype=x.dtype, axis=node.attr("axis"))

    def _expand(self, node: Typed, args: Sequence[Node]) -> Node:
        dtype = leaf_dtype(node.type)
        x = args[0] if dtype == args[0].dtype else self.as_float(args[0])
        if dtype == INT and x.is_const:
            x = self.g.add("const", dtype=INT, value=x.attr("value"))
        return self.g.add("expand", (x,), axes=node.type.axes, dtype=dtype)

    def _pad(self, node: Typed, args: Sequence[Node]) -> Node:
        return self.g.add("pad", args, axes=node.type.axes, dtype=BOOL, **dict(node.attrs))

    def _loop(self, node: Typed, args: Sequence[Node]) -> Node:
        return self.g.add("loop", [self.as_float(a) for a in args], axes=(), **dict(node.attrs))

    def _loop_out(self, node: Typed, args: Sequence[Node]) -> Node:
        return self.g.add("loop_out", args, axes=node.type.axes, **dict(node.attrs))

    def _loop_var(self, node: Typed, args: Sequence[Node]) -> Node:
        return self.g.add("loop_var", axes=node.type.axes, **dict(node.attrs))

    def _at(self, node: Typed, args: Sequence[Node]) -> Node:
        axes = [a for a in args[0].axes if a.name != node.attr("axis")]
        return self.g.add("at", args, axes=axes, dtype=args[0].dtype, **dict(node.attrs))

    def _mask_by(self, node: Typed, args: Sequence[Node], raw: bool) -> Node:
        x, mask = args
        value = node.args[0]
        needed = self.demands.needed.get(value.id, Needed())
        sanitised = raw or needed.gradient is not None and needed.value is not None
        if x.dtype == FLOAT and sanitised and set(mask.names) <= set(x.names):
            return x
        fill = {FLOAT: HARMLESS, INT: 0.0, BOOL: False}[x.dtype]
        return self.select(mask, x, fill)

    # --- families -------------------------------------------------------------------------

    def _elementwise(self, op: Elementwise, node: Typed, args: list[Node], raw: bool) -> Node:
        if op.operands == "float":
            skip = 1 if op.name == "where" else 0
            keep = op.name == "where" and args[1].dtype == args[2].dtype
            args = [*args[:skip], *(a if keep else self.as_float(a) for a in args[skip:])]
        for i, fill in enumerate(op.fill):
            if fill is not None and not raw and not harmless(op.name, i, node):
                args[i] = self._guarded(node, args[i], self._needed_of(node, node.args[i]), fill)
        name = op.name
        if name == "log":
            apart = self._log_apart(node, raw)
            if apart is not None:
                return apart
            name = "log0" if node.args[0].type.kind in (PROB, PROBS) else name
        dtype = args[1].dtype if op.name == "where" else BOOL if op.result == "bool" else FLOAT
        return self.g.add(name, args, dtype=dtype)

    def _log_apart(self, node: Typed, raw: bool) -> Node | None:
        """The logarithm of a quotient or product of probabilities, each of which may be 0, as that of its parts."""
        inner = node.args[0]
        if inner.op not in ("div", "mul") or any(a.type.kind not in (PROB, PROBS) for a in inner.args):
            return None
        logs = []
        for part in inner.args:
            x = self.as_float((self.raw if self.demands.as_it_is(inner, part, raw) else self.done)[part.id])
            x = x if raw else self._guarded(node, x, self._needed_of(node, part), 1.0)
            logs.append(self.g.add("log0", (x,)))
        return self.g.add("sub" if inner.op == "div" else "add", logs)

    def _needed_of(self, node: Typed, operand: Typed) -> Needed | None:
        """Which elements of an operand a value needs, given which of the value are needed."""
        needed = self.demands.needed.get(node.id)
        if needed is None or operand.type.names == node.type.names:
            return needed
        if not operand.type.axes and operand.op in ("param", "const", "size", "clock"):
            return None
        return self.demands.of_operand(needed, operand)

    def _reduction(self, op: Reduction, node: Typed, args: list[Node]) -> Node:
        x, typed = args[0], node.args[0]
        axes = tuple(node.attr("axes"))
        used = set(typed.valid) if ("all", True) in node.attrs else set(consumed(typed, axes))
        mask = self._all(used)
        if op.name == "count":
            counted = x if x.dtype == BOOL else None
            parts = [m for m in (mask, counted) if m is not None]
            return self._counted(parts, x, axes)
        if op.name == "mean":
            return self._mean(self.as_float(x), mask, axes, described(used))
        x = x if op.operands == "bool" else self.as_float(x)
        if op.name == "sum" and mask is not None:
            return self._masked_sum(x, mask, axes)
        if mask is not None:
            x = self.select(mask, x, op.neutral)
        result = self._reduced(op.name, x, axes, {"float": FLOAT, "bool": BOOL, "int": INT}[op.result])
        if mask is not None and op.empty == "invalid":
            some = self._reduced("any", mask, [a for a in axes if a in mask.names], BOOL)
            fill = args[1] if len(args) > 1 else self.g.const(False if op.result == "bool" else 0.0)
            result = self.g.add("where", (some, result, fill), dtype=result.dtype)
        return result

    def _mean(self, x: Node, mask: Node | None, axes: tuple[str, ...], label: str) -> Node:
        if mask is None and not axes:
            return x
        total = self._reduced("sum", x, axes, FLOAT) if mask is None else self._masked_sum(x, mask, axes)
        if set(axes) & self.samples:
            return self.g.add("div", (total, self._shared_count(x, mask, axes, label)))
        if mask is None:
            return self.g.add("div", (total, self._extent(x, axes, least=1)))
        count = self._counted([mask], x, axes)
        return self.g.add("div", (total, self.g.add("at_least", (count,), bound=1.0)))

    def _masked_sum(self, x: Node, mask: Node, axes: tuple[str, ...]) -> Node:
        """The sum over valid elements.

        A mask may have axes that the value itself lacks, as in the class means `mean[batch](f where y == class)`.
        Then the sum is a contraction with the mask, and the product of all axes is never held.
        """
        inner = x
        while inner.op == "where" and inner.args[2].is_const and set(conjuncts(inner.args[0])) <= set(
            conjuncts(mask)
        ):
            inner = inner.args[1]
        new = [a for a in mask.axes if a.name not in inner.names]
        if not new or not set(axes) <= set(mask.names) & set(inner.names):
            return self._reduced("sum", self.select(mask, x, 0.0), axes, FLOAT)
        used = self._reduced("any", mask, [a.name for a in new], BOOL)
        factors = (self.as_float(mask), self.select(used, inner, 0.0))
        held = {a.name: a for f in factors for a in f.axes}
        rest = [a for n, a in held.items() if n not in axes]
        return self.g.add("dot", factors, axes=rest, axis_names=tuple(axes))

    def _shared_count(self, x: Node, mask: Node | None, axes: tuple[str, ...], label: str) -> Node:
        """The count of a mean over a sample axis: over the axes of its mask, or the sample axes if it has none."""
        if mask is not None and not set(mask.names) & self.samples:
            # The same elements are masked in every sample: only the number of samples is shared.
            samples = tuple(a for a in axes if a in self.samples)
            each = self._counted([mask], x, [a for a in axes if a not in samples])
            each = self.g.add("at_least", (each,), bound=1.0)
            return self.g.add("mul", (self._shared_count(x, None, samples, label), each))
        counted = [a for a in axes if (a in mask.names if mask is not None else a in self.samples)]
        rest = [a for a in axes if a not in counted]
        own = self._extent(x, counted, least=0) if mask is None else self._counted([mask], x, counted)
        base = next((a for a in counted if a in self.samples), axes[0])
        name = base if mask is None else f"{base} where {label}"
        number = 2
        while self.counts.get(name, own) is not own and not own.axes:
            name, number = f"{base} where {label} ({number})", number + 1
        if not own.axes:
            self.counts[name] = own
            if self.global_counts:
                own = self.g.add("items", name=name)
        if own.op == "extent":
            return self._extent(x, axes, least=1)
        elif not own.is_const:
            own = self.g.add("at_least", (own,), bound=1.0)
        return self.g.add("mul", (own, self._extent(x, rest, least=1))) if rest else own

    def _count_valid(self, node: Typed, args: Sequence[Node]) -> Node:
        x = args[0]
        mask = self._all(node.args[0].valid)
        return self._counted([] if mask is None else [mask], x, node.attr("axes"))

    def _counted(self, masks: list[Node], x: Node, axes: Sequence[str]) -> Node:
        """How many elements of x along axes hold in all masks; axes that no mask has multiply the count."""
        mask = self._and(masks)
        if mask is None:
            return self._extent(x, axes, least=0)
        own = [a for a in axes if a in mask.names]
        count = self.g.add("count", (mask,), axes=[a for a in mask.axes if a.name not in own], axis_names=tuple(own))
        rest = [a for a in axes if a not in mask.names]
        return self.g.add("mul", (count, self._extent(x, rest, least=0))) if rest else count

    def _dot(self, node: Typed, args: list[Node]) -> Node:
        axes = tuple(node.attr("axes"))
        factors = []
        masks = frozenset(m for a in node.args for m in consumed(a, axes))
        for typed, x in zip(node.args, args, strict=True):
            mask = self._all(self.demands.projected(masks, typed))
            x = self.as_float(x)
            factors.append(x if mask is None else self.select(mask, x, 0.0))
        held: dict[str, Axis] = {a.name: a for f in factors for a in f.axes}
        return self.g.add("dot", factors, axes=[a for n, a in held.items() if n not in axes], axis_names=axes)

    # --- pieces ---------------------------------------------------------------------------

    def as_float(self, x: Node) -> Node:
        if x.dtype == FLOAT:
            return x
        if x.is_const:
            return self.g.const(float(x.attr("value")))
        return self.g.add("to_float", (x,))

    def select(self, mask: Node, x: Node, otherwise: float | bool, guard: bool = False) -> Node:
        """x where the mask holds, a constant elsewhere.

        A guard is marked, so that rewrites see through it: nobody needs what stands in its other branch.
        """
        if x.op == "where" and x.args[0] is mask:
            x = x.args[1]  # selecting twice by one mask
        marks: dict[str, Any] = {"guard": True} if guard else {}
        args = (mask, x, self.g.const(otherwise))
        return self.g.add("where", args, axes=union((x, mask)), dtype=x.dtype, **marks)

    def _reduced(self, name: str, x: Node, axes: Sequence[str], dtype: str) -> Node:
        rest = [a for a in x.axes if a.name not in axes]
        own = tuple(a for a in axes if a in x.names)
        return self.g.add(name, (x,), axes=rest, dtype=dtype, axis_names=own) if own else x

    def _extent(self, x: Node, axes: Sequence[str], least: int) -> Node:
        length = Length.constant(1)
        for axis in x.axes:
            if axis.name in axes:
                length = length * axis.length
        if length.value is not None:
            return self.g.const(float(max(length.value, least)))
        return self.g.add("extent", length=length, least=least)

    def _and(self, masks: Iterable[Node]) -> Node | None:
        result: Node | None = None
        for mask in masks:
            result = mask if result is None else self.g.add("and", (result, mask), dtype=BOOL)
        return result

    def _all(self, masks: Iterable[Typed]) -> Node | None:
        return self._and(self.lower(m) for m in sorted(masks, key=lambda m: m.id))

    def _guarded(self, node: Typed, x: Node, needed: Needed | None, fill: float) -> Node:
        """x with the elements that nobody needs made harmless, in value and in gradient."""
        if needed is None or x.is_const or needed.gradient is None:
            return x
        given = needed.gradient if needed.value is None else frozenset({*needed.gradient, *needed.value})
        self._busy.add(node.id)
        try:
            # Masks that are computed from this very value are left out: it is then kept in more places.
            demand = {frozenset(m for m in masks if not self._busy & self._needs(m)) for masks in given}
            if not demand or frozenset() in demand:
                return x  # nothing is differentiated, or everything is needed
            mask: Node | None = None
            for masks in sorted(demand, key=lambda ms: sorted(m.id for m in ms)):
                part = self._all(masks)
                assert part is not None
                mask = part if mask is None else self.g.add("or", (mask, part), dtype=BOOL)
        finally:
            self._busy.discard(node.id)
        assert mask is not None
        if needed.value is None:
            return self.g.add("where", (mask, x, self.g.add("sg", (x,))))
        if x.op == "where" and x.args[0] is mask and x.args[2].is_const and x.args[2].attr("value") == HARMLESS:
            return x
        return self.select(mask, x, fill, guard=True)

    def _needs(self, mask: Typed) -> frozenset[int]:
        if mask.id not in self._ancestors:
            everything = self._order(mask, False, {False: (), True: ()})
            self._ancestors[mask.id] = frozenset(n.id for n, raw in everything if not raw)
        return self._ancestors[mask.id]


def described(masks: Iterable[Typed]) -> str:
    """A mask in the words of the spec."""
    return " and ".join(describe(m) for m in sorted(masks, key=lambda m: m.id))


def leaf_dtype(type_: ValueType) -> str:
    return BOOL if type_.is_mask else INT if type_.is_integer else FLOAT


def harmless(name: str, position: int, node: Typed) -> bool:
    """Whether the range of an operand already keeps it away from where the primitive misbehaves."""
    x = node.args[position].type
    if name in ("log", "sqrt", "recip", "div"):
        return x.low > 0 or x.high < 0
    if name in ("exp", "expm1"):
        return x.high <= 80
    if name == "pow":
        exponent = node.args[1].type
        return exponent.low == exponent.high and exponent.low >= 1
    return False
