"""A whole spec, typed: what the lowering, the checks and the linter start from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lossdsl.elaborate import declare
from lossdsl.elaborate.context import Context
from lossdsl.elaborate.depth import deep_recursion
from lossdsl.elaborate.expression import elaborate as elaborate_expression
from lossdsl.elaborate.options import resolve
from lossdsl.elaborate.reduce import scalar
from lossdsl.elaborate.scope import Definition
from lossdsl.elaborate.stdlib import index
from lossdsl.elaborate.terms import TermValue, split, summed, term
from lossdsl.elaborate.typed import Graph, Typed
from lossdsl.source.diagnostic import Diagnostic, LossDSLError
from lossdsl.spec.model import Spec, Term
from lossdsl.syntax.parse import parse_declaration, parse_expression
from lossdsl.types.kind import INDEX, LOGITS
from lossdsl.types.length import Length
from lossdsl.types.value import ValueType


@dataclass
class Loss:
    """One loss: its terms and their total."""

    total: Typed
    terms: list[TermValue]


@dataclass
class Program:
    spec: Spec
    graph: Graph
    inputs: dict[str, declare.InputInfo]
    losses: dict[str | None, Loss]
    metrics: dict[str, Typed]
    starts: dict[str, Typed] = field(default_factory=dict)  # initial values of state
    updates: dict[str, Typed] = field(default_factory=dict)  # values of state after the step
    states: dict[str, ValueType] = field(default_factory=dict)  # the type of each state entry
    definitions: dict[str, Typed] = field(default_factory=dict)  # named values, for `explain`
    notes: dict[tuple[int, int], Typed] = field(default_factory=dict)  # sub-expressions by place
    lengths: dict[str, Length] = field(default_factory=dict)
    least: dict[Length, int] = field(default_factory=dict)  # what slices and selections need of lengths
    samples: frozenset[str] = frozenset()  # axes along which a batch is cut into micro-batches
    static: frozenset[str] = frozenset()  # params that shaped the graph
    values: dict[str, Any] = field(default_factory=dict)
    options: dict[str, str] = field(default_factory=dict)
    diagnostics: tuple[Diagnostic, ...] = ()

    def roots(self) -> list[Typed]:
        """Every value that has to be computed."""
        found: list[Typed] = []
        for loss in self.losses.values():
            found.append(loss.total)
            for t in loss.terms:
                found += [t.value, t.unweighted, *([t.count] if t.count is not None else [])]
        return [*found, *self.metrics.values(), *self.updates.values(), *self.starts.values()]


def elaborate(spec: Spec, params: Mapping[str, Any] | None = None, missing: frozenset[str] = frozenset()) -> Program:
    """The typed program of a spec. Raises LossDSLError with every finding.

    `params` are values for params and options; `missing` names optional inputs that will not be passed.
    """
    values, options = resolve(spec, params or {})
    with deep_recursion():
        program, found = build(spec, values, options, missing, lint=False)
    errors = [d for d in found if d.severity == "error"]
    if errors or program is None:
        raise LossDSLError(errors)
    return program


def analyse(spec: Spec) -> tuple[Program | None, list[Diagnostic]]:
    """The typed program with placeholders for required parameters, and all findings; nothing is raised for them."""
    try:
        values, options = resolve(spec, {}, placeholders=True)
    except LossDSLError as problem:
        return None, list(problem.diagnostics)
    with deep_recursion():
        return build(spec, values, options, frozenset(), lint=True)


def build(
    spec: Spec, values: dict[str, Any], options: dict[str, str], missing: frozenset[str], lint: bool
) -> tuple[Program | None, list[Diagnostic]]:
    try:
        c = Context(spec, values, options, missing, lint_all_branches=lint)
    except LossDSLError as problem:
        return None, list(problem.diagnostics)
    found = Findings([*unsupported(spec), *c.declare_all()])
    for name in [*spec.inputs, *spec.params, *spec.state]:
        with found:
            c.root_value(name)
    definitions = {}
    for name, overloads in c.module.table.items():
        if name in index():
            c.diagnostics.append(redefined(overloads[0]))
        for definition in overloads:
            with found:
                if definition.signature.params is None:
                    definitions[definition.name] = c.named_value(definition, definition.written.span)
                else:
                    definition.body  # noqa: B018 - a syntax error in it is found even if nobody calls it
    losses = {name: loss(c, entries, found) for name, entries in spec.losses.items()}
    metrics = {}
    for name, metric in spec.metrics.items():
        with found:
            node = parse_expression(metric.expression)
            metrics[name] = scalar(c.graph, elaborate_expression(c, node, c.root), node.span)
    starts, updates = state(c, found)
    diagnostics = found.unique(c.diagnostics)
    if any(d.severity == "error" for d in diagnostics):
        return None, diagnostics
    states = {name: c.roots[name].type for name in spec.state}
    program = Program(
        spec=spec,
        graph=c.graph,
        inputs=c.inputs,
        losses=losses,
        metrics=metrics,
        starts=starts,
        updates=updates,
        states=states,
        definitions=definitions,
        notes=c.notes,
        lengths=c.lengths,
        least=least(c),
        samples=samples(c),
        static=frozenset(c.static),
        values=c.values,
        options=c.options,
        diagnostics=tuple(diagnostics),
    )
    return program, diagnostics


def redefined(definition: Definition) -> Diagnostic:
    return Diagnostic(
        "LD017",
        "redefines-standard-name",
        "info",
        f"`{definition.name}` is also a name of the standard library; here it means this definition",
        definition.written.span,
        help="give it a name of its own if that is not intended",
    )


def unsupported(spec: Spec) -> list[Diagnostic]:
    """What the language has and this version does not compile: an error, never ignored."""
    found = []
    parts = [("subject_to", c.span) for c in spec.subject_to.values()]
    parts += [("adapt", p.span) for p in spec.params.values() if p.adapt is not None]
    parts += [("memory", s.span) for s in spec.state.values() if s.memory is not None]
    parts += [("gather", f.whole) for f in spec.gather]
    for what, span in parts:
        found.append(
            Diagnostic(
                "LD016",
                "not-supported",
                "error",
                f"`{what}` is not compiled by this version",
                span,
                help="keep that part in the training loop for now",
            )
        )
    return found


def least(c: Context) -> dict[Length, int]:
    """The smallest length for which each slice and each selection by a number is inside its axis."""
    found: dict[Length, int] = {}
    for node in c.graph.nodes:
        if node.op == "slice":
            bounds = [abs(b) for b in (node.attr("start"), node.attr("stop")) if b is not None]
        elif node.op == "pick":
            index = node.attr("index")
            bounds = [index + 1 if index >= 0 else -index]
        else:
            continue
        axis = node.args[0].type.axis(node.attr("axis"))
        if axis is not None and axis.length.value is None and bounds:
            found[axis.length] = max(*bounds, found.get(axis.length, 0))
    return found


def samples(c: Context) -> frozenset[str]:
    """The sample axes: declared so, or leading an index or logits input; an axis of fixed size is none."""
    found = set(c.sample_facts)
    for info in c.inputs.values():
        if info.kind in (INDEX, LOGITS) and info.axes and not info.noise:
            found.add(info.axes[0])
    return frozenset(n for n in found if n in c.lengths and c.lengths[n].value is None)


class Findings:
    """Collects what goes wrong in each part, so that one mistake does not hide the next."""

    def __init__(self, found: list[Diagnostic]) -> None:
        self.found = found

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, problem: BaseException | None, trace: object) -> bool:
        if isinstance(problem, LossDSLError):
            self.found.extend(problem.diagnostics)
            return True
        return False

    def unique(self, others: list[Diagnostic]) -> list[Diagnostic]:
        seen = set()
        result = []
        for d in [*self.found, *others]:
            key = (d.code, d.file, d.span and (d.span.start, d.span.end), d.message)
            if key not in seen:
                seen.add(key)
                result.append(d)
        return result


def loss(c: Context, entries: tuple[Term, ...], found: Findings) -> Loss:
    terms = []
    for entry in entries:
        with found:
            node = parse_expression(entry.expression)
            parts = split(node) if entry.name is None else [(entry.name, node, False)]
            for name, part, negative in parts:
                with found:
                    terms.append(term(c, name, part, negative))
    return Loss(summed(c, terms), terms)


def state(c: Context, found: Findings) -> tuple[dict[str, Typed], dict[str, Typed]]:
    """Initial values and updates, each with the axes of its entry."""
    starts: dict[str, Typed] = {}
    updates: dict[str, Typed] = {}
    for name, entry in c.spec.state.items():
        with found:
            leaf = c.root_value(name)
            assert leaf is not None
            for text, into in ((entry.start, starts), (entry.update, updates)):
                if text is None:
                    continue
                value = elaborate_expression(c, parse_expression(text), c.root)
                if value.type.names != leaf.type.names:
                    value = declare.expand(c, value, leaf.type, text.whole)
                into[name] = value
            if entry.declaration is not None:
                parse_declaration(entry.declaration)
    return starts, updates
