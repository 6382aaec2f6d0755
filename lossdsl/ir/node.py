"""Nodes of the lowered graph, each held once."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

from lossdsl.types.axis import Axis, names

Attrs = tuple[tuple[str, Any], ...]  # the values are hashable

FLOAT, INT, BOOL = "float", "int", "bool"


class Node:
    """An op applied to nodes; `axes` in the order in which the emitted tensor holds them."""

    __slots__ = ("id", "op", "args", "attrs", "axes", "dtype", "hint")

    def __init__(
        self, id: int, op: str, args: tuple[Node, ...], attrs: Attrs, axes: tuple[Axis, ...], dtype: str  # noqa: A002
    ) -> None:
        self.id = id
        self.op = op
        self.args = args
        self.attrs = attrs
        self.axes = axes
        self.dtype = dtype
        self.hint: str | None = None  # a name for the variable in the generated source

    def attr(self, name: str) -> Any:
        return dict(self.attrs)[name]

    @property
    def names(self) -> tuple[str, ...]:
        return names(self.axes)

    @property
    def is_const(self) -> bool:
        return self.op == "const"

    def __repr__(self) -> str:
        return f"%{self.id}:{self.op}"


class Graph:
    """Equal nodes are the same object, so common subexpressions are computed once."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self._known: dict[Hashable, Node] = {}

    def add(
        self,
        op: str,
        args: Iterable[Node] = (),
        *,
        axes: Iterable[Axis] | None = None,
        dtype: str = FLOAT,
        **attrs: Any,
    ) -> Node:
        """The node; without `axes` those of an elementwise op: the union of the arguments' axes."""
        arguments = tuple(args)
        held = union(arguments) if axes is None else tuple(axes)
        attributes = tuple(sorted(attrs.items()))
        key = (op, tuple(a.id for a in arguments), tuple((k, type(v), v) for k, v in attributes), held, dtype)
        node = self._known.get(key)
        if node is None:
            node = Node(len(self.nodes), op, arguments, attributes, held, dtype)
            self.nodes.append(node)
            self._known[key] = node
        return node

    def const(self, value: float | bool) -> Node:
        return self.add("const", (), dtype=BOOL if isinstance(value, bool) else FLOAT, value=value)


def union(args: Iterable[Node]) -> tuple[Axis, ...]:
    """The axes of operands that broadcast by name, in order of first appearance."""
    return tuple({axis.name: axis for a in args for axis in a.axes}.values())


def reachable(roots: Iterable[Node]) -> list[Node]:
    """The nodes that the roots need, in topological order."""
    seen: set[int] = set()
    found: list[Node] = []
    stack = list(roots)
    while stack:
        node = stack.pop()
        if node.id not in seen:
            seen.add(node.id)
            found.append(node)
            stack.extend(node.args)
    return sorted(found, key=lambda n: n.id)
