"""Finds the op files and holds them by name."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from lossdsl.ops.op import Elementwise, Op

FAMILIES = ("elementwise", "reductions", "along", "between", "matrix", "flow")


@cache
def table() -> dict[str, Op]:
    """Every primitive by name."""
    found: dict[str, Op] = {}
    for family in FAMILIES:
        package = import_module(f"lossdsl.ops.{family}")
        for module in iter_modules(package.__path__):
            op = import_module(f"{package.__name__}.{module.name}").OP
            found[op.name] = op
    return found


@cache
def infix() -> dict[str, Op]:
    """Operators by their symbol in the language."""
    return {op.symbol: op for op in table().values() if isinstance(op, Elementwise) and op.symbol}
