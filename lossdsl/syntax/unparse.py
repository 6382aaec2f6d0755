"""Syntax trees back to text, with no parentheses but the needed ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

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
from lossdsl.syntax.words import BINDING, CHAINING, NOT, OR, PAIR, POSTFIX, POWER, SIGNED, SUM, WHERE

# Text, or a node with the binding strength that its place demands.
Piece = str | tuple[Node, int]


def unparse(node: Node) -> str:
    """The text of a node of any kind in the one style of the language; parsing it gives the tree again."""
    written: list[str] = []
    waiting: list[Piece] = [(node, PAIR)]
    while waiting:  # a stack of what is still to write instead of recursion, for chains of any length
        piece = waiting.pop()
        if isinstance(piece, str):
            written.append(piece)
            continue
        part, demanded = piece
        pieces = list(_pieces(part))
        if _binding(part) < demanded:
            pieces = ["(", *pieces, ")"]
        waiting.extend(reversed(pieces))
    return "".join(written)


def number_text(value: int | float) -> str:
    """A literal of the language for a number."""
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _binding(node: Node) -> int:
    match node:
        case Pair():
            return PAIR
        case Where():
            return WHERE
        case Binary(op=op):
            return BINDING[op]
        case Unary(op=op):
            return NOT if op == "not" else SIGNED
        case Number(text=text):
            return SIGNED if text.startswith("-") else POSTFIX
        case _:
            return POSTFIX


def _pieces(node: Node) -> Iterable[Piece]:
    match node:
        case Number(text=text):
            return (text,)
        case Name(id=ident, primes=primes):
            return (ident + "'" * primes,)
        case Member(owner=owner, id=ident):
            return (f"{owner}.{ident}",)
        case AxisRef():
            return (node.name + ("..." if node.rest else ""),)
        case Unary(op=op, operand=operand):
            return ("not ", (operand, NOT)) if op == "not" else ("-", (operand, SIGNED))
        case Binary():
            return _binary(node)
        case Where(value=value, mask=mask):
            return ((value, WHERE), " where ", (mask, OR))
        case Pair(left=left, right=right):
            return ((left, WHERE), " || ", (right, WHERE))
        case Call():
            return _call(node)
        case Prime(value=value, primes=primes):
            # The prime of a bare name would belong to the name; those of two Primes would run together.
            demanded = POSTFIX + 1 if isinstance(value, Name | Prime) else POSTFIX
            return ((value, demanded), "'" * primes)
        case Rename(value=value, axes=axes):
            return ((value, POSTFIX), *_axes(axes))
        case Select(value=value, items=items):
            entries: list[list[Piece]] = [[(axis, PAIR), "=", (index, WHERE)] for axis, index in items]
            return ((value, POSTFIX), "[", *_listed(entries), "]")
        case Slice():
            return _slice(node)
        case _:
            return _form(node)


def _binary(node: Binary) -> Iterable[Piece]:
    binding = BINDING[node.op]
    if binding == POWER:
        return ((node.left, POSTFIX), "^", (node.right, SIGNED))
    chains = binding in CHAINING
    return ((node.left, binding if chains else binding + 1), f" {node.op} ", (node.right, binding + 1))


def _call(node: Call) -> Iterator[Piece]:
    yield node.func
    if node.axes is not None:
        yield from _axes(node.axes)
    arguments: list[list[Piece]] = [[(arg, PAIR)] for arg in node.args]
    arguments += [[f"{key}=", (value, WHERE)] for key, value in node.kwargs]
    yield from ("(", *_listed(arguments), ")")


def _slice(node: Slice) -> Iterator[Piece]:
    if node.start is not None:
        yield (node.start, SUM)
        yield " " if _ends_in_dot(node.start) else ""  # `1. ..`
    yield ".."
    if node.stop is not None:
        yield (node.stop, SUM)


def _ends_in_dot(node: Node) -> bool:
    while isinstance(node, Binary | Unary):
        node = node.right if isinstance(node, Binary) else node.operand
    return isinstance(node, Number) and node.text.endswith(".")


def _axes(axes: Iterable[AxisRef]) -> Iterator[Piece]:
    yield from ("[", *_listed([(axis, PAIR)] for axis in axes), "]")


def _listed(entries: Iterable[Iterable[Piece]]) -> Iterator[Piece]:
    for i, entry in enumerate(entries):
        if i:
            yield ", "
        yield from entry


def _form(node: Node) -> Iterable[Piece]:
    match node:
        case Declaration():
            return _declaration(node)
        case Interval():
            return (_interval(node),)
        case Parameter():
            return _parameter(node)
        case Signature():
            return _signature(node)
        case Constraint():
            tail = f" each {node.each} over {node.over}" if node.each else ""
            return ((node.left, SUM), f" {node.op} ", (node.right, SUM), tail)
        case AxisSize():
            return (_size(node),)
        case _:
            raise TypeError(f"no text for {type(node).__name__}")


def _declaration(node: Declaration) -> Iterator[Piece]:
    if node.each:
        yield "each "
    if node.like is not None:
        yield f"like {node.like}"
    else:
        yield f"{node.kind}["
        axes: list[list[Piece]] = [[(axis, PAIR)] for axis in node.axes or ()]
        yield from _listed([["each"], *axes] if node.per_each else axes)
        yield "]"
    if node.over is not None:
        yield from (" over ", (node.over, PAIR))
    if node.of is not None:
        yield from (" of ", (node.of, PAIR))
    if node.pattern is not None:
        quote = "'" if '"' in node.pattern else '"'
        yield f" of {quote}{node.pattern}{quote}"
    if node.ignore is not None:
        yield f" ignore {node.ignore}"
    if node.noise is not None:
        yield f" {node.noise}"
    if node.interval is not None:
        yield from (" ", (node.interval, PAIR))
    if node.fixed:
        yield " fixed"
    if node.where is not None:
        yield from (" where ", (node.where, OR))
    if node.default is not None:
        yield from (" = ", (node.default, OR))


def _interval(node: Interval) -> str:
    low = None if node.low is None else number_text(node.low)
    high = None if node.high is None else number_text(node.high)
    if low is not None and high is not None:
        return f"in {'[('[node.low_open]}{low}, {high}{'])'[node.high_open]}"
    if low is not None:
        return f"{'>' if node.low_open else '>='} {low}"
    return f"{'<' if node.high_open else '<='} {high}"


def _parameter(node: Parameter) -> Iterator[Piece]:
    yield node.name
    if node.kind is not None:
        yield f" ~ {node.kind}"
        if node.axes:
            yield from _axes(node.axes)
    if node.default is not None:
        yield from (" = " if node.kind else "=", (node.default, WHERE))


def _signature(node: Signature) -> Iterator[Piece]:
    yield node.name
    if node.axes:
        yield from _axes(node.axes)
    if node.params is None:
        return
    yield "("
    for i, parameter in enumerate(node.params):
        if i:
            yield " || " if i - 1 in node.pairs else ", "
        yield (parameter, PAIR)
    yield ")"


def _size(node: AxisSize) -> str:
    if node.sample:
        return "sample"
    if node.minimum is not None:
        return f"{node.minimum}.."
    if node.exact is not None:
        return str(node.exact)
    return "*".join([*([str(node.scale)] if node.scale != 1 else []), *node.factors])
