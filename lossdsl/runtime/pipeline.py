"""From a typed program to the source of its function: lowering, passes, emission."""

from __future__ import annotations

from dataclasses import dataclass, field

from lossdsl.elaborate.depth import deep_recursion
from lossdsl.elaborate.program import Program
from lossdsl.elaborate.typed import Typed
from lossdsl.emit.torch_source import Emitted, Leaf, emit
from lossdsl.ir.demand import Demands
from lossdsl.ir.lower import Lowering, leaf_dtype
from lossdsl.ir.node import Graph, Node
from lossdsl.passes.products import guard_products
from lossdsl.passes.share import share_rows
from lossdsl.passes.stabilise import stabilise

Key = tuple[str, str]  # what an output is, and its name: ("term", "kl")


@dataclass(frozen=True)
class Compiled:
    """The source of one function and what its arguments and results are."""

    source: str
    leaves: tuple[Leaf, ...]
    keys: tuple[Key, ...]
    outputs: tuple[Node, ...] = field(repr=False, default=())
    rewrites: tuple[str, ...] = ()


def compile_loss(program: Program, training: bool = True, global_counts: bool = False) -> Compiled:
    """The function that gives totals, terms, counts, metrics and, in training, the next state."""
    outputs: dict[Key, tuple[Typed, bool]] = {}
    for loss_name, loss in program.losses.items():
        outputs["total", loss_name or ""] = (loss.total, False)
        prefix = "" if loss_name is None else f"{loss_name}."
        for t in loss.terms:
            outputs["term", prefix + t.name] = (t.value, True)
            outputs["unweighted", prefix + t.name] = (t.unweighted, True)
            if t.count is not None:
                outputs["count", prefix + t.name] = (t.count, True)
    for name, metric in program.metrics.items():
        outputs["metric", name] = (metric, True)
    if training:
        for name, update in program.updates.items():
            outputs["state", name] = (update, True)
    lowering = lower_all(program, outputs, global_counts)
    return finished(program, "loss", lowering, outputs)


def compile_counts(program: Program) -> Compiled:
    """The function that gives the count of each mean over a sample axis."""
    totals = [loss.total for loss in program.losses.values()]
    lowering = lower_all(program, {("total", str(i)): (t, False) for i, t in enumerate(totals)}, False)
    counts = {("count", name): node for name, node in lowering.counts.items()}
    emitted = emit("count", [(node, True) for node in counts.values()], "", available(program))
    return Compiled(emitted.source, emitted.leaves, tuple(counts), tuple(counts.values()))


def compile_start(program: Program) -> Compiled:
    """The function that gives the first value of each state entry."""
    outputs: dict[Key, tuple[Typed, bool]] = {("state", n): (v, True) for n, v in program.starts.items()}
    lowering = lower_all(program, outputs, False)
    return finished(program, "start", lowering, outputs)


Outputs = dict[Key, tuple[Typed, bool]]


APART = {"metric", "state"}  # outputs that are no part of the totals


def lower_all(program: Program, outputs: Outputs, global_counts: bool) -> Lowering:
    totals = [v for (kind, _), (v, _) in outputs.items() if kind == "total"]
    apart = [v for (kind, _), (v, _) in outputs.items() if kind in APART]
    read = [v for (kind, _), (v, _) in outputs.items() if kind not in {"total", *APART}]
    with deep_recursion():
        lowering = Lowering(Demands(program.graph, totals, read, apart), program.samples, global_counts)
        for key, (value, _) in outputs.items():
            node_of(lowering, key, value)
    return lowering


def node_of(lowering: Lowering, key: Key, value: Typed) -> Node:
    return lowering.apart(value) if key[0] in APART else lowering.lower(value)


def finished(program: Program, function: str, lowering: Lowering, outputs: Outputs) -> Compiled:
    for name, value in program.definitions.items():
        if value.id in lowering.done and lowering.done[value.id].hint is None:
            lowering.done[value.id].hint = name
    applied: list[str] = []
    nodes = share_rows(guard_products(stabilise([node_of(lowering, k, v) for k, (v, _) in outputs.items()], applied)))
    doc = formula(program) if function == "loss" else ""
    given = [(n, d) for n, (_, d) in zip(nodes, outputs.values(), strict=True)]
    emitted: Emitted = emit(function, given, doc, available(program))
    return Compiled(emitted.source, emitted.leaves, tuple(outputs), tuple(nodes), tuple(dict.fromkeys(applied)))


def available(program: Program) -> list[Node]:
    """Inputs that are always passed, and can be asked for the length of an axis."""
    g = Graph()
    return [
        g.add("input", axes=info.leaf.type.axes, dtype=leaf_dtype(info.leaf.type), name=name)
        for name, info in program.inputs.items()
        if not info.optional and not info.noise
    ]


def formula(program: Program) -> str:
    """The loss as the author wrote it."""
    lines = []
    for loss_name, terms in program.spec.losses.items():
        prefix = "" if loss_name is None else f"{loss_name}: "
        parts = [" ".join(t.expression.text.split()) for t in terms]
        lines.append(prefix + " + ".join(parts))
    return "; ".join(lines)
