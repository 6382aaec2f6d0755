"""Validity: which masks an operation uses up, and which stay in force on its result."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any, TypeVar

from lossdsl.elaborate.typed import Graph, Typed
from lossdsl.ops.op import Elementwise, Reduction
from lossdsl.ops.registry import table
from lossdsl.types.value import ValueType


def consumed(x: Typed, axes: Collection[str]) -> list[Typed]:
    """The masks of x that say which elements take part when x is worked along `axes`."""
    return [m for m in sorted(x.valid, key=lambda m: m.id) if set(m.type.names) & set(axes)]


def persisting(x: Typed, axes: Collection[str]) -> frozenset[Typed]:
    """The masks of x that have none of `axes`: whole rows that stay invalid whatever is done along the row."""
    return frozenset(m for m in x.valid if not set(m.type.names) & set(axes))


Mask = TypeVar("Mask", bound=Any)  # a node of the typed or of the lowered graph


def conjuncts(mask: Mask) -> list[Mask]:
    """The masks that an `and` joins."""
    found: list[Mask] = []
    stack = [mask]
    while stack:
        part = stack.pop()
        if part.op == "and":
            stack.extend(part.args)
        else:
            found.append(part)
    return found


def conjunction(g: Graph, masks: Iterable[Typed]) -> Typed | None:
    """One mask that holds where all do; None for no mask at all."""
    result: Typed | None = None
    for mask in sorted(masks, key=lambda m: m.id):
        result = mask if result is None else logical(g, "and", (result, mask))
    return result


def logical(g: Graph, name: str, args: tuple[Typed, ...]) -> Typed:
    """`and`, `or`, `not` of masks that are themselves valid everywhere."""
    op = table()[name]
    assert isinstance(op, Elementwise)
    axes = tuple({axis.name: axis for a in args for axis in a.type.axes}.values())
    rule = op.rule(tuple(a.type for a in args))
    return g.add(name, args, ValueType(rule.kind, axes, fixed=True, low=0.0, high=1.0))


def any_over(g: Graph, mask: Typed, axes: Collection[str]) -> Typed:
    """Whether the mask holds anywhere along `axes`."""
    over = tuple(n for n in mask.type.names if n in set(axes))
    if not over:
        return mask
    op = table()["any"]
    assert isinstance(op, Reduction)
    kept = tuple(a for a in mask.type.axes if a.name not in over)
    return g.add("any", (mask,), ValueType("mask", kept, fixed=True, low=0.0, high=1.0), attrs={"axes": over})


def somewhere(g: Graph, x: Typed, axes: Collection[str]) -> frozenset[Typed]:
    """The mask that says for which rows at least one element along `axes` is valid."""
    mask = conjunction(g, consumed(x, axes))
    return frozenset() if mask is None else frozenset({any_over(g, mask, axes)})


def mapped(x: Typed, change: Callable[[Typed], Typed]) -> frozenset[Typed]:
    """The masks of x after a change of axes that the value itself undergoes too."""
    return frozenset(change(m) for m in x.valid)


def chosen(g: Graph, c: Typed, a: Typed, b: Typed) -> frozenset[Typed]:
    """The masks of `where(c, a, b)`: an element is valid if the branch that it comes from is."""
    valid = set(c.valid) | (a.valid & b.valid)
    for mask in sorted(a.valid ^ b.valid, key=lambda m: m.id):
        other = logical(g, "not", (c,)) if mask in a.valid else c
        selects = c if mask in a.valid else logical(g, "not", (c,))
        if mask is not selects:  # a branch that is valid exactly where it is selected leaves no gap
            valid.add(logical(g, "or", (other, mask)))
    return frozenset(valid)
