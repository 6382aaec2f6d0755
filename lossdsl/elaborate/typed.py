"""The typed graph: what an expression means, before masks and representations are made explicit."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import Any

from lossdsl.source.span import Span
from lossdsl.types.value import ValueType

Attrs = tuple[tuple[str, Any], ...]  # the values are hashable


class Typed:
    """A value: an op applied to values, its type, and the masks that say which elements are valid.

    Every mask in `valid` has axes among those of the value; an element is valid where all of them hold.
    """

    __slots__ = ("id", "op", "args", "attrs", "type", "valid", "span", "place")

    def __init__(
        self,
        id: int,  # noqa: A002 - position in the graph
        op: str,
        args: tuple[Typed, ...],
        attrs: Attrs,
        type: ValueType,  # noqa: A002 - the field's word
        valid: frozenset[Typed],
        span: Span | None,
    ) -> None:
        self.id = id
        self.op = op
        self.args = args
        self.attrs = attrs
        self.type = type
        self.valid = valid
        self.span = span
        self.place = span  # where it was written last: equal expressions are one value, a finding is at one of them

    def attr(self, name: str) -> Any:
        return dict(self.attrs)[name]

    def __repr__(self) -> str:
        inner = ", ".join(f"%{a.id}" for a in self.args)
        return f"%{self.id} = {self.op}({inner}) {dict(self.attrs)} : {self.type}"


class Graph:
    """Holds the nodes of one program, each once: equal nodes are the same object."""

    def __init__(self) -> None:
        self.nodes: list[Typed] = []
        self._known: dict[Hashable, Typed] = {}

    def add(
        self,
        op: str,
        args: Iterable[Typed] = (),
        type: ValueType = None,  # type: ignore[assignment]  # noqa: A002 - always given
        *,
        attrs: Mapping[str, Any] | None = None,
        valid: Iterable[Typed] = (),
        span: Span | None = None,
    ) -> Typed:
        arguments = tuple(args)
        attributes = tuple(sorted((attrs or {}).items()))
        masks = frozenset(valid)
        key = (op, tuple(a.id for a in arguments), attributes, type, frozenset(m.id for m in masks))
        node = self._known.get(key)
        if node is None:
            node = Typed(len(self.nodes), op, arguments, attributes, type, masks, span)
            self.nodes.append(node)
            self._known[key] = node
        return node


def reachable(roots: Iterable[Typed]) -> list[Typed]:
    """The nodes that the roots need, masks included, in topological order."""
    seen: set[int] = set()
    found: list[Typed] = []
    stack = list(roots)
    while stack:
        node = stack.pop()
        if node.id in seen:
            continue
        seen.add(node.id)
        found.append(node)
        stack.extend(node.args)
        stack.extend(node.valid)
    return sorted(found, key=lambda n: n.id)


def walk_masks(node: Typed) -> Iterator[Typed]:
    """The masks of a value in a stable order."""
    return iter(sorted(node.valid, key=lambda m: m.id))


def unsettled(x: Typed) -> bool:
    """Whether a value without axes comes from a loop variable whose axes are not known yet."""
    if x.type.axes:
        return False
    return any(n.op == "loop_var" and n.attr("first") for n in reachable([x]))
