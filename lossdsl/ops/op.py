"""The shapes of a primitive. An op file builds one of these and calls it `OP`.

`torch` is a template of an expression in the generated source. A `helper` is the source of a torch function
that the expression calls; it is copied into the generated module, which therefore needs nothing from here.
`reference` is the NumPy float64 meaning. It gets the numpy module as its first argument, because linting must
not import it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from lossdsl.types.value import ValueType

Types = tuple[ValueType, ...]


@dataclass(frozen=True, kw_only=True)
class Op:
    name: str
    doc: str
    latex: str
    torch: str
    reference: Callable[..., Any]
    helper: str = ""


@dataclass(frozen=True, kw_only=True)
class Elementwise(Op):
    """Works element by element on operands that broadcast by axis name.

    `rule` gives the kind and range of the result; its axes are the union of the operands' axes.
    `fill` holds, per operand, a value inside the domain to put where the element is invalid, or None when
    every finite value is harmless. `domain` holds, per operand, the interval tests draw from.
    """

    arity: int
    rule: Callable[[Types], ValueType]
    symbol: str = ""
    fill: tuple[float | None, ...] = ()
    domain: tuple[tuple[float, float], ...] = ()
    result: str = "float"  # or "bool"
    operands: str = "float"  # what operands are cast to; "any" keeps integers, "bool" wants masks
    differentiable: bool = True
    keywords: tuple[str, ...] = ()  # names of the operands, for calls by keyword


@dataclass(frozen=True, kw_only=True)
class Reduction(Op):
    """Takes axes away. Invalid elements are replaced by `neutral` first.

    `torch` gets {x} and {dim} (a tuple of dimensions, or one if `single`).
    `empty` says what a set without valid elements gives: "zero", or "invalid" for an invalid element.
    """

    rule: Callable[[ValueType, tuple[str, ...]], ValueType]
    neutral: float | bool
    empty: str = "invalid"
    result: str = "float"
    operands: str = "float"
    single: bool = False
    differentiable: bool = True
    domain: tuple[float, float] = (-3.0, 3.0)


@dataclass(frozen=True, kw_only=True)
class Along(Op):
    """Works along axes and keeps them. `torch` gets {x}, {dim} and the keyword values by name.

    `neutral` replaces invalid elements; where a whole set is invalid the elements are left as they are and
    the result is invalid. `result_fill` is what invalid elements of the result hold, a finite value.
    `many` is the template for several axes at once, None if only one is possible.
    """

    rule: Callable[[ValueType, tuple[str, ...]], ValueType]
    neutral: float | bool | None
    many: str | None = None
    result_fill: float = 0.0
    result: str = "float"
    operands: str = "float"
    keeps_order: bool = True  # element i of the result belongs to element i of the operand
    static: tuple[tuple[str, Any], ...] = ()  # keyword arguments known when the spec is loaded, with defaults
    dynamic: tuple[tuple[str, Any], ...] = ()  # keyword arguments that are scalars at run time
    differentiable: bool = True
    domain: tuple[float, float] = (-3.0, 3.0)


@dataclass(frozen=True, kw_only=True)
class Special(Op):
    """A primitive with a calling form of its own; its family in `elaborate` knows the form."""

    form: str
    result: str = "float"
    differentiable: bool = True
    extra: dict[str, Any] = field(default_factory=dict)
