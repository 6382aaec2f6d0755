"""Random syntax trees of every kind that the parser can give."""

from __future__ import annotations

from hypothesis import strategies as st

from lossdsl.source.span import Span
from lossdsl.source.text import Source
from lossdsl.syntax.ast import (
    AxisRef,
    AxisSize,
    Binary,
    Call,
    Constraint,
    Declaration,
    Interval,
    Member,
    Name,
    Node,
    Number,
    Pair,
    Parameter,
    Prime,
    Rename,
    Select,
    Signature,
    Slice,
    Unary,
    Where,
)
from lossdsl.syntax.words import BINDING, NOISES, RESERVED

NOWHERE = Span(Source("nowhere", ""), 0, 0)

_words = st.sampled_from(
    "x y z p batch class prev e e1 _a wherever order nothing android trueish fixed over of each like in "
    "ignore normal mask real if lambda step sample dim".split()
)
_names = st.from_regex(r"\A[A-Za-z_][A-Za-z0-9_]{0,5}\Z")
identifiers = _words | _names.filter(lambda name: name not in RESERVED)
primes = st.integers(0, 2)
literals = (
    st.integers(0, 10**20)
    | st.floats(0, allow_nan=False, allow_infinity=False)
    | st.sampled_from([1e-3, 0.5, 3.0])
)


def _number(value: int | float) -> Number:
    return Number(NOWHERE, value, str(value).lower() if isinstance(value, bool) else repr(value))


numbers = st.builds(_number, literals | st.booleans()) | st.sampled_from(
    [Number(NOWHERE, 1.0, "1."), Number(NOWHERE, 0.5, ".5"), Number(NOWHERE, 1000.0, "1.e3")]
)
plain_axes = st.builds(AxisRef, st.just(NOWHERE), identifiers, primes)
rest_axes = st.builds(AxisRef, st.just(NOWHERE), identifiers, primes, rest=st.just(True))
event_axes = st.builds(AxisRef, st.just(NOWHERE), identifiers, primes, owner=identifiers)
used_axes = st.lists(plain_axes | rest_axes | event_axes, min_size=1, max_size=3).map(tuple)


@st.composite
def introduced_axes(draw: st.DrawFn, min_size: int = 0) -> tuple[AxisRef, ...]:
    axes = draw(st.lists(plain_axes, min_size=min_size, max_size=3, unique_by=lambda axis: axis.name))
    if axes and draw(st.booleans()):
        axes[-1] = AxisRef(NOWHERE, axes[-1].id, axes[-1].primes, rest=True)
    return tuple(axes)


atoms = (
    numbers
    | st.builds(Name, st.just(NOWHERE), identifiers, primes)
    | st.builds(Member, st.just(NOWHERE), identifiers, identifiers)
)


def _nodes_over(inner: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
    arguments = inner | st.builds(Pair, st.just(NOWHERE), inner, inner)
    slices = st.builds(Slice, st.just(NOWHERE), st.none() | inner, st.none() | inner)
    selections = st.lists(
        st.tuples(plain_axes | event_axes, inner | slices),
        min_size=1,
        max_size=2,
        unique_by=lambda item: item[0].name,
    )
    # A numbered `dim=` is refused on purpose.
    keywords = st.lists(
        st.tuples(identifiers.filter(lambda name: name not in ("dim", "axis")), inner),
        max_size=2,
        unique_by=lambda item: item[0],
    )
    return st.one_of(
        st.builds(Unary, st.just(NOWHERE), st.sampled_from(["-", "not"]), inner),
        st.builds(Binary, st.just(NOWHERE), st.sampled_from(sorted(BINDING)), inner, inner),
        st.builds(Where, st.just(NOWHERE), inner, inner),
        st.builds(
            Call,
            st.just(NOWHERE),
            identifiers,
            st.just(NOWHERE),
            st.none() | used_axes,
            st.lists(arguments, max_size=3).map(tuple),
            keywords.map(tuple),
        ),
        st.builds(
            Call,
            st.just(NOWHERE),
            st.just("where"),
            st.just(NOWHERE),
            st.none(),
            st.lists(inner, min_size=1, max_size=3).map(tuple),
            st.just(()),
        ),
        st.builds(Prime, st.just(NOWHERE), inner, st.integers(1, 2)),
        st.builds(Rename, st.just(NOWHERE), inner, used_axes),
        st.builds(Select, st.just(NOWHERE), inner, selections.map(tuple)),
    )


@st.composite
def _one_over(draw: st.DrawFn, inner: st.SearchStrategy[Node]) -> Node:
    """A function of its own so that hypothesis need not describe the whole of the strategy at each level."""
    return draw(_nodes_over(inner))


expressions: st.SearchStrategy[Node] = st.recursive(atoms, _one_over, max_leaves=25)


@st.composite
def intervals(draw: st.DrawFn) -> Interval:
    sides = st.tuples(st.none() | literals, st.none() | literals)
    low, high = draw(sides.filter(lambda pair: pair != (None, None)))
    sign = draw(st.sampled_from([1, -1]))
    return Interval(
        NOWHERE,
        None if low is None else sign * low,
        None if high is None else sign * high,
        low is not None and draw(st.booleans()),
        high is not None and draw(st.booleans()),
    )


@st.composite
def declarations(draw: st.DrawFn) -> Declaration:
    form = draw(st.sampled_from(["real", "index", "noise", "each", "like", "per_each"]))
    fields: dict[str, object] = {
        "fixed": draw(st.booleans()),
        "where": draw(st.none() | expressions),
        "interval": draw(st.none() | intervals()),
        "default": draw(st.none() | expressions),
        "over": draw(st.none() | plain_axes),
    }
    kind = draw(st.sampled_from(["real", "mask", "probs", "fixed"]))
    axes = tuple(axis for axis in draw(introduced_axes()) if axis.name != "each")  # that is `per_each`
    if form == "index":
        kind, fields["of"] = "index", draw(st.none() | plain_axes)
        fields["ignore"] = draw(st.none() | st.integers(-200, 200))
    elif form == "noise":
        kind, fields["noise"] = "noise", draw(st.sampled_from(NOISES))
    elif form == "each":
        fields["each"] = True
        patterns = st.text("abc.*'_0", max_size=8) | st.text('abc.*"_0', max_size=8)
        fields["pattern"] = draw(st.none() | patterns)
    elif form == "like":
        return Declaration(NOWHERE, "like", NOWHERE, like=draw(identifiers), each=True, **fields)
    elif form == "per_each":
        fields["per_each"] = True
    return Declaration(NOWHERE, kind, NOWHERE, axes, **fields)


@st.composite
def parameters(draw: st.DrawFn, name: str) -> Parameter:
    kind = draw(st.none() | st.sampled_from(["dist", "logits", "real"]))
    axes = draw(introduced_axes()) if kind else ()
    return Parameter(NOWHERE, name, kind, axes, draw(st.none() | expressions))


@st.composite
def signatures(draw: st.DrawFn) -> Signature:
    name = draw(identifiers)
    if draw(st.integers(0, 5)) == 0:
        return Signature(NOWHERE, name)
    names = draw(st.lists(identifiers, max_size=3, unique=True))
    params = tuple(draw(parameters(each)) for each in names)
    places = range(max(0, len(params) - 1))
    pairs = frozenset(i for i in places if draw(st.booleans()))
    return Signature(NOWHERE, name, draw(introduced_axes()), params, pairs)


@st.composite
def constraints(draw: st.DrawFn) -> Constraint:
    op = draw(st.sampled_from(["<=", ">=", "=="]))
    each, over = draw(st.just((None, None)) | st.tuples(identifiers, identifiers))
    return Constraint(NOWHERE, op, draw(expressions), draw(expressions), each, over)


_factors = identifiers.filter(lambda name: name != "sample")
axis_sizes = st.one_of(
    st.builds(AxisSize, st.just(NOWHERE), exact=st.integers(0, 99)),
    st.builds(AxisSize, st.just(NOWHERE), minimum=st.integers(0, 99)),
    st.builds(
        AxisSize,
        st.just(NOWHERE),
        factors=st.lists(_factors, min_size=1, max_size=3).map(tuple),
        scale=st.integers(1, 9),
    ),
    st.just(AxisSize(NOWHERE, sample=True)),
)
