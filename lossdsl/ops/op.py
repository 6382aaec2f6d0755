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
    uses: tuple[str, ...] = ()  # helpers of `lossdsl.ops.shared` that `helper` calls


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
    defaults: tuple[float | None, ...] = ()  # per operand, what stands for one that a call leaves out


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
    """Works along axes. `torch` gets {x}, {dim} and the arguments by name.

    `neutral` replaces invalid elements first. Then either the op works on what it gets, and invalid elements
    of the result are filled with `result_fill`; or, with `masked`, `torch` also gets {valid}, the mask of the
    valid elements or None, {dim} may be several dimensions that the op works on as one, and the op itself
    fills the result. `many` is the template for several axes of an op that is not `masked`, None if it has
    none.

    `reference` gets x, the axes as a tuple of positions, and the arguments by name; all elements are valid.
    """

    rule: Callable[[ValueType, tuple[str, ...]], ValueType]
    neutral: float | bool | None
    many: str | None = None
    masked: bool = False
    # Which elements of the result are valid: "kept", those that are in the operand; "moved", the mask
    # undergoes the op itself; "first", as many at the start as the operand has valid ones; "reduced", the axes
    # are gone and a row is valid if any of its elements is.
    validity: str = "kept"
    result_fill: float = 0.0
    result: str = "float"
    operands: str = "float"  # "any" keeps masks and integers
    single: bool = False
    values: tuple[str, ...] = ()  # optional arguments with the axes of x
    scalars: tuple[str, ...] = ()  # arguments that are scalars at run time
    integers: tuple[str, ...] = ()  # arguments that are integers known when the spec is loaded
    differentiable: bool = True
    domain: tuple[float, float] = (-3.0, 3.0)


@dataclass(frozen=True, kw_only=True)
class Batched(Op):
    """Works on the axes named in brackets, and batches over all others, as NumPy's generalised ufuncs do.

    `signature` tells these axes of every operand and of the result: "(i,j),(i)->(j)". `torch` gets the
    operands {0}, {1}, ... with batch axes first, and {valid}, the mask of the valid elements of the first one
    or None. Invalid elements of the others are replaced by 0. With `columns` all axes that only the last
    operand has come last in it and in the result, in place of batch axes.

    `reference` gets the operands in the same layout; all elements are valid.
    """

    signature: str
    rule: Callable[[ValueType], ValueType]
    # Which elements of the result are valid: "kept", those at rows and columns whose diagonal element is;
    # "first", as many at the start as there are valid rows and columns.
    validity: str = "kept"
    square: bool = True
    columns: bool = False
    result: str = "float"
    operands: str = "float"
    differentiable: bool = True
    domain: tuple[float, float] = (-3.0, 3.0)

    @property
    def cores(self) -> tuple[tuple[int, ...], ...]:
        """For every operand and then the result, which of the axes in brackets it has."""
        letters = [c for c in self.signature.partition(")")[0] if c.isalpha()]
        parts = self.signature.replace("->", ",").split("),")
        return tuple(tuple(letters.index(c) for c in part if c.isalpha()) for part in parts)


@dataclass(frozen=True, kw_only=True)
class Special(Op):
    """A primitive with a calling form of its own; its family in `elaborate` knows the form."""

    form: str
    result: str = "float"
    differentiable: bool = True
    extra: dict[str, Any] = field(default_factory=dict)
