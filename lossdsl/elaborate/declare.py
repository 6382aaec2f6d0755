"""Declarations to typed leaves: inputs with their masks and defaults, parameters, state, clocks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lossdsl.elaborate import structure
from lossdsl.elaborate.elementwise import apply, constant
from lossdsl.elaborate.typed import Typed
from lossdsl.source.diagnostic import Edit, Fix, error
from lossdsl.source.span import Span
from lossdsl.spec.model import AxisFact, Spec
from lossdsl.syntax.ast import Declaration
from lossdsl.syntax.parse import parse_axis_size, parse_declaration, parse_expression
from lossdsl.types.axis import Axis
from lossdsl.types.kind import DISTRIBUTIONS, INDEX, KINDS, LOGPROBS, MASK, PROB, PROBS, REAL
from lossdsl.types.length import Length
from lossdsl.types.value import INF, ValueType

if TYPE_CHECKING:
    from lossdsl.elaborate.context import Context

RANGES = {PROBS: (0.0, 1.0), PROB: (0.0, 1.0), LOGPROBS: (-INF, 0.0), MASK: (0.0, 1.0), INDEX: (0.0, INF)}

CLOCKS = ("step", "epoch")  # names that every document knows


@dataclass(frozen=True, repr=False)
class InputInfo:
    """An input as callers see it."""

    name: str
    kind: str
    axes: tuple[str, ...]
    role: str  # "fixed" or "learned"
    event: tuple[str, ...]
    of: str | None
    ignore: int | None
    noise: str | None
    optional: bool
    leaf: Typed  # the input itself
    value: Typed  # with its masks and its role
    low: float
    high: float
    low_open: bool = False
    high_open: bool = False
    written: str = ""  # the declaration

    def __str__(self) -> str:
        return f"{self.name}: {self.written}"

    def __repr__(self) -> str:
        return f"InputInfo({self}, {self.role}{', optional' if self.optional else ''})"


def place(c: Context, name: str) -> Span | None:
    for group in (c.spec.inputs, c.spec.params, c.spec.state):
        if name in group:
            return group[name].span
    return None


def axis_fact(c: Context, fact: AxisFact) -> None:
    """`view: 2` fixes a length, `pair: 2*batch` derives it; `2..` and `sample` only promise something."""
    size = parse_axis_size(fact.size)
    if size.sample:
        c.sample_facts.add(fact.name)
    elif size.exact is not None:
        c.lengths[fact.name] = Length.constant(size.exact)
    elif size.factors:
        length = Length.constant(size.scale)
        for name in size.factors:
            known = c.values.get(name)
            if isinstance(known, int):
                c.static.add(name)
                length = length * known
            else:
                length = length * c.lengths.setdefault(name, Length.symbol(name))
        c.lengths[fact.name] = length


def declared_type(c: Context, declaration: Declaration, name: str | None = None) -> ValueType:
    """The type that a declaration states."""
    if declaration.each or declaration.like or declaration.per_each:
        raise error("LD016", "not-supported", "`each` inputs are not compiled by this version", declaration.span,
                    help="pass the tensors as separate inputs for now")
    kind = declaration.kind
    if kind == "noise":
        kind = INDEX if declaration.noise == "permutation" else REAL
    if kind not in KINDS:
        raise error("LD004", "bad-declaration", f"`{declaration.kind}` is not a kind", declaration.kind_span,
                    help="the kinds are " + ", ".join(sorted([*KINDS, "noise"])))
    axes = tuple(c.axis(ref.name, name) for ref in declaration.axes or ())
    if len({a.name for a in axes}) < len(axes):
        raise error("LD004", "bad-declaration", "two axes of one value cannot have the same name", declaration.span,
                    help="add a prime to one of them: `batch'`")
    event: tuple[str, ...] = ()
    if kind in DISTRIBUTIONS:
        if not axes:
            raise error("LD004", "bad-declaration", f"`{kind}` is a distribution and needs an axis", declaration.span,
                        help=f"write `{kind}[batch, class]`; a single probability is `prob[]`")
        event = (declaration.over.name if declaration.over else axes[-1].name,)
        if event[0] not in {a.name for a in axes}:
            assert declaration.over is not None
            raise error("LD004", "bad-declaration", f"`over {event[0]}` names no axis of the value",
                        declaration.over.span, help="its axes are " + ", ".join(f"`{a.name}`" for a in axes))
    elif declaration.over is not None:
        raise error("LD004", "bad-declaration", f"`over` says the event axis of a distribution; `{kind}` has none",
                    declaration.over.span, help="drop it")
    low, high = RANGES.get(kind, (-INF, INF))
    if declaration.interval is not None:
        low = low if declaration.interval.low is None else declaration.interval.low
        high = high if declaration.interval.high is None else declaration.interval.high
    of = declaration.of.id if declaration.of is not None else None
    if declaration.noise == "permutation" and axes:
        of = axes[-1].base  # it permutes its last axis
    if kind == INDEX and of is None:
        raise error("LD004", "bad-declaration", "an index must say what it indexes", declaration.span,
                    help="write `index[batch] of class`")
    fixed = declaration.fixed or kind in (INDEX, MASK) or declaration.kind == "noise"
    return ValueType(kind, axes, event, of, fixed, low, high)


def input_value(c: Context, name: str) -> Typed:
    """The input with its ignored value and its `where` as masks; its default if the caller leaves it out."""
    from lossdsl.elaborate.expression import elaborate

    declaration = c.declarations[name]
    type_ = declared_type(c, declaration, name)
    span = c.spec.inputs[name].span
    if name in c.missing and declaration.default is not None:
        given = elaborate(c, declaration.default, c.root)
        leaf = given if given.type.axes == type_.axes else expand(c, given, type_, span)
        value = leaf
    else:
        leaf = value = c.graph.add("input", (), replace(type_, fixed=False), attrs={"name": name}, span=span)
    if type_.fixed and type_.kind not in (INDEX, MASK):
        value = c.graph.add("sg", (value,), type_, valid=value.valid, span=span)
    elif type_.fixed:
        leaf = value = leaf if name in c.missing else c.graph.add(
            "input", (), type_, attrs={"name": name}, span=span)
    if declaration.ignore is not None:
        ignored = constant(c.graph, declaration.ignore)
        value = structure.mask_by(c.graph, value, apply(c.graph, "not_equal", (value, ignored), span), span)
    if declaration.where is not None:
        value = structure.mask_by(c.graph, value, elaborate(c, declaration.where, c.root), declaration.where.span)
    interval = declaration.interval
    c.inputs[name] = InputInfo(
        name, type_.kind, type_.names, "fixed" if type_.fixed else "learned", type_.event, type_.of,
        declaration.ignore, declaration.noise, declaration.default is not None, leaf, value, type_.low, type_.high,
        bool(interval and interval.low_open), bool(interval and interval.high_open),
        " ".join(c.spec.inputs[name].declaration.text.split()),
    )  # fmt: skip
    return value


def expand(c: Context, x: Typed, type_: ValueType, span: Span) -> Typed:
    """x repeated along the axes of a type that it lacks."""
    extra = [a.name for a in x.type.axes if a.name not in type_.names]
    if extra:
        raise error("LD004", "bad-declaration", f"the value has the axis `{extra[0]}`, which the declaration lacks",
                    span, help=f"the declaration has [{', '.join(type_.names)}]")
    return c.graph.add("expand", (x,), replace(type_, fixed=x.type.fixed), valid=x.valid, span=span)


def param_value(c: Context, name: str) -> Typed:
    """A constant or learned parameter is a leaf; a schedule is an expression of the clocks."""
    from lossdsl.elaborate.expression import elaborate

    param = c.spec.params[name]
    low = -INF if param.low is None else param.low
    high = INF if param.high is None else param.high
    given = c.values.get(name)
    if param.value is not None and given is None:
        return elaborate(c, parse_expression(param.value), c.root)
    if isinstance(given, bool):
        return c.graph.add("param", (), ValueType(MASK, fixed=True, low=0, high=1), attrs={"name": name},
                           span=param.span)
    axes: tuple[Axis, ...] = ()
    if isinstance(given, list):
        # A list runs along an axis of its own, which has its name.
        c.lengths.setdefault(name, Length.constant(len(given)))
        axes = (Axis(name, c.lengths[name]),)
    type_ = ValueType(REAL, axes, fixed=param.learn is None, low=low, high=high)
    return c.graph.add("param", (), type_, attrs={"name": name}, span=param.span)


def state_value(c: Context, name: str) -> Typed:
    """The state as it is before the step: never differentiated."""
    entry = c.spec.state[name]
    if entry.declaration is None:
        type_ = ValueType(REAL, fixed=True)
    else:
        type_ = replace(declared_type(c, parse_declaration(entry.declaration)), fixed=True)
    return c.graph.add("state", (), type_, attrs={"name": name}, span=entry.span)


def clock_value(c: Context, name: str) -> Typed:
    return c.leaf("clock", ValueType(REAL, fixed=True, low=0.0), name=name)


def declaration_fix(spec: Spec, name: str, declaration: str) -> Fix | None:
    """Writes the declaration out, when there is an `inputs:` block to write it into."""
    marker = spec.source.text.find("\ninputs:\n")
    if marker < 0:
        return None
    at = marker + len("\ninputs:\n")
    edit = Edit(Span(spec.source, at, at), f"  {name}: {declaration}\n")
    return Fix(f"declare `{name}`", (edit,), safe=True)
