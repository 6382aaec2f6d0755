"""Values that are known when the spec is loaded: integers for `steps`, `k` and the bounds of slices."""

from __future__ import annotations

from collections.abc import Callable

from lossdsl.elaborate.typed import Typed

FOLD: dict[str, Callable[..., float]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "neg": lambda a: -a,
    "floor": lambda a: a // 1,
}


def static_number(node: Typed, params: dict[str, object], used: set[str]) -> float | None:
    """The number a value is, if it depends on nothing but literals, sizes and params; `used` collects these."""
    if node.op == "const":
        return node.attr("value")
    if node.op == "param":
        value = params.get(node.attr("name"))
        if isinstance(value, (int, float)):
            used.add(node.attr("name"))
            return value
        return None
    if node.op == "size":
        return node.attr("length").value
    if node.op in FOLD:
        numbers = [static_number(a, params, used) for a in node.args]
        if any(n is None for n in numbers):
            return None
        try:
            return FOLD[node.op](*numbers)
        except ZeroDivisionError:
            return None
    return None
