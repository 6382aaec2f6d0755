"""The nodes of the syntax tree. Every node knows where it was written."""

from __future__ import annotations

from dataclasses import dataclass

from lossdsl.source.span import Span


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    span: Span


# --- expressions -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Number(Node):
    value: int | float
    text: str  # as written, so that unparse and fixes keep `1e-3`


@dataclass(frozen=True, slots=True, eq=False)
class Name(Node):
    """A value, a bare loss, or an axis used as its positions: `z`, `ce`, `batch'`."""

    id: str
    primes: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Member(Node):
    """`prev.name` inside the step of a scan."""

    owner: str
    id: str


@dataclass(frozen=True, slots=True, eq=False)
class Unary(Node):
    op: str  # "-" or "not"
    operand: Node


@dataclass(frozen=True, slots=True, eq=False)
class Binary(Node):
    op: str  # + - * / ^ < <= == != >= > and or
    left: Node
    right: Node


@dataclass(frozen=True, slots=True, eq=False)
class Where(Node):
    """`value where mask`."""

    value: Node
    mask: Node


@dataclass(frozen=True, slots=True, eq=False)
class AxisRef(Node):
    """An axis by name: `batch`, `batch'`; `p.event` has owner "p" and id "event"; `axes...` has rest=True."""

    id: str
    primes: int = 0
    owner: str | None = None
    rest: bool = False

    @property
    def name(self) -> str:
        return ("" if self.owner is None else f"{self.owner}.") + self.id + "'" * self.primes


@dataclass(frozen=True, slots=True, eq=False)
class Pair(Node):
    """`p || q` as a function argument."""

    left: Node
    right: Node


@dataclass(frozen=True, slots=True, eq=False)
class Call(Node):
    """`f[axes](args, key=value)`; `axes` is None without brackets. An argument may be a Pair."""

    func: str
    func_span: Span
    axes: tuple[AxisRef, ...] | None
    args: tuple[Node, ...]
    kwargs: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Prime(Node):
    """`(expr)'`: the value with its first axis primed (once per prime)."""

    value: Node
    primes: int


@dataclass(frozen=True, slots=True, eq=False)
class Rename(Node):
    """`x[batch', feature]`."""

    value: Node
    axes: tuple[AxisRef, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Slice(Node):
    """`1..`, `..-1`, `2..5` (half-open, as in Python)."""

    start: Node | None
    stop: Node | None


@dataclass(frozen=True, slots=True, eq=False)
class Select(Node):
    """`x[view=0, class=labels]`, `x[time=1..]`; each index is an expression or a Slice."""

    value: Node
    items: tuple[tuple[AxisRef, Node], ...]


# --- declarations ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Interval(Node):
    """`>= 0`, `> 0`, `<= 1`, `in [0, 1]`; bounds are literal numbers or None."""

    low: float | None
    high: float | None
    low_open: bool
    high_open: bool


@dataclass(frozen=True, slots=True, eq=False)
class Declaration(Node):
    """What an input or a state entry is.

    `axes` may hold one `rest...`; None means none were written (`each like w`).
    """

    kind: str
    kind_span: Span
    axes: tuple[AxisRef, ...] | None = None
    over: AxisRef | None = None
    of: AxisRef | None = None  # the axis that an index indexes
    ignore: int | None = None
    fixed: bool = False
    where: Node | None = None
    interval: Interval | None = None
    default: Node | None = None
    noise: str | None = None  # normal, uniform, rademacher, permutation
    each: bool = False
    pattern: str | None = None  # each real[..] of "pattern"
    like: str | None = None  # each like w_each
    per_each: bool = False  # real[each]: one scalar per bound tensor


@dataclass(frozen=True, slots=True, eq=False)
class Parameter(Node):
    """A parameter in a signature: `p ~ dist[k]`, `steps=50`."""

    name: str
    kind: str | None = None
    axes: tuple[AxisRef, ...] = ()
    default: Node | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Signature(Node):
    """`kl[k](p ~ dist[k] || q ~ dist[k], t=1)`; `params` is None for a named value.

    `pairs` holds the positions i for which `||` stands between params[i] and params[i + 1].
    """

    name: str
    axes: tuple[AxisRef, ...] = ()
    params: tuple[Parameter, ...] | None = None
    pairs: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Constraint(Node):
    """`lhs <= rhs [each index over axis]`."""

    op: str  # <=, >=, ==
    left: Node
    right: Node
    each: str | None = None
    over: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class AxisSize(Node):
    """A fact under `axes:`: `2`, `2..`, `k*batch` or `sample`.

    Exactly one of exact, minimum, factors and sample is set; `scale` belongs to factors (`2*k*batch`).
    """

    exact: int | None = None
    minimum: int | None = None
    factors: tuple[str, ...] = ()
    scale: int = 1
    sample: bool = False
