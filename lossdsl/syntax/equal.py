"""Whether two trees say the same, wherever and however they were written."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from lossdsl.syntax.ast import Node

_PLACES = frozenset({"span", "func_span", "kind_span", "text"})  # `text`: 1e-3 and 0.001 are the same number


def structurally_equal(a: Node, b: Node) -> bool:
    """Equality of everything but spans and the spelling of numbers."""
    waiting: list[tuple[Any, Any]] = [(a, b)]
    while waiting:  # no recursion: chains may be long
        left, right = waiting.pop()
        if type(left) is not type(right):
            return False
        if isinstance(left, Node):
            names = [field.name for field in fields(left) if field.name not in _PLACES]
            waiting.extend((getattr(left, name), getattr(right, name)) for name in names)
        elif isinstance(left, tuple):
            if len(left) != len(right):
                return False
            waiting.extend(zip(left, right, strict=True))
        elif left != right:
            return False
    return True
