"""What a spec document says, field by field, each with its place. Expressions are still text."""

from __future__ import annotations

from dataclasses import dataclass, field

from lossdsl.source.span import Fragment, Span
from lossdsl.source.text import Source


@dataclass(frozen=True, slots=True)
class AxisFact:
    name: str
    size: Fragment  # "2", "2..", "k*batch", "sample"
    span: Span  # of the key


@dataclass(frozen=True, slots=True)
class Input:
    name: str
    declaration: Fragment
    span: Span
    doc: str | None = None


@dataclass(frozen=True, slots=True)
class Param:
    """`value` is an expression of step and epoch; exactly one of value, required, learn, adapt is set."""

    name: str
    span: Span
    value: Fragment | None = None
    required: str | None = None  # "int", "float", "list"
    learn: Fragment | None = None
    adapt: Fragment | None = None  # the observed expression; with target and rate
    target: Fragment | None = None
    rate: Fragment | None = None
    start: Fragment | None = None
    low: float | None = None
    high: float | None = None
    doc: str | None = None


@dataclass(frozen=True, slots=True)
class Option:
    name: str
    one_of: tuple[str, ...]
    value: str
    span: Span
    doc: str | None = None


@dataclass(frozen=True, slots=True)
class State:
    """`memory` and `of` make a ring buffer over the axis `axis`."""

    name: str
    span: Span
    start: Fragment | None = None
    declaration: Fragment | None = None  # `is:`
    update: Fragment | None = None
    memory: Fragment | None = None
    of: Fragment | None = None
    axis: str | None = None
    doc: str | None = None


@dataclass(frozen=True, slots=True)
class Loop:
    """`repeat:` or `scan:` with its start, step and until."""

    kind: str  # "repeat" or "scan"
    over: Fragment  # the number of repeats, or the axis of the scan
    start: tuple[tuple[str, Fragment], ...]
    step: tuple[tuple[str, Fragment], ...]
    until: Fragment | None = None
    gradient: str = "unrolled"


@dataclass(frozen=True, slots=True)
class Definition:
    """`signature: body`; with a loop, `body` is what it gives."""

    signature: Fragment
    body: Fragment
    span: Span
    loop: Loop | None = None
    doc: str | None = None
    formula: str | None = None
    cite: str | None = None


@dataclass(frozen=True, slots=True)
class Term:
    name: str | None  # None for a loss that is one expression, to be split at its top level
    expression: Fragment
    span: Span


@dataclass(frozen=True, slots=True)
class Constraint:
    name: str
    violation: Fragment
    span: Span
    strict: Fragment | None = None


@dataclass(frozen=True, slots=True)
class Example:
    given: dict[str, object]
    span: Span
    loss: float | None = None
    terms: dict[str, float] = field(default_factory=dict)
    grad: dict[str, object] = field(default_factory=dict)
    params: dict[str, object] = field(default_factory=dict)
    state: dict[str, object] = field(default_factory=dict)


@dataclass(slots=True)
class Spec:
    source: Source
    name: str | None = None
    doc: str | None = None
    cite: str | None = None
    imports: tuple[Fragment, ...] = ()
    axes: dict[str, AxisFact] = field(default_factory=dict)
    inputs: dict[str, Input] = field(default_factory=dict)
    params: dict[str, Param] = field(default_factory=dict)
    options: dict[str, Option] = field(default_factory=dict)
    state: dict[str, State] = field(default_factory=dict)
    define: list[Definition] = field(default_factory=list)
    losses: dict[str | None, tuple[Term, ...]] = field(default_factory=dict)  # None: the only loss
    subject_to: dict[str, Constraint] = field(default_factory=dict)
    dual: dict[str, object] = field(default_factory=dict)
    metrics: dict[str, Term] = field(default_factory=dict)
    examples: tuple[Example, ...] = ()
    gather: tuple[Fragment, ...] = ()
    plan: dict[str, object] = field(default_factory=dict)
