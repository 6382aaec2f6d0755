"""Rules of the grammar to nodes of expressions, bottom up while the text is parsed."""

from __future__ import annotations

from typing import Any

from lark import Token

from lossdsl.syntax.ast import (
    AxisRef,
    Binary,
    Call,
    Member,
    Name,
    Node,
    Number,
    Pair,
    Prime,
    Rename,
    Select,
    Slice,
    Unary,
    Where,
)
from lossdsl.syntax.part import BuilderBase, Part, end_of, start_of
from lossdsl.syntax.words import BINDING, CHAINING

_TORCH_WORDS = frozenset({"dim", "axis", "keepdim", "keepdims"})


def split_primes(token: Token) -> tuple[str, int]:
    """The name without its primes, and how many it has."""
    name = token.rstrip("'")
    return str(name), len(token) - len(name)


class ExpressionBuilder(BuilderBase):
    """One method per rule; each takes the tokens and parts of the rule in order."""

    # --- operators ----------------------------------------------------------------------------

    def masked(self, children: list[Any]) -> Part:
        value, _, mask = children
        node = Where(self.span(value.start, mask.end), value.node, mask.node)
        return self.nested(node, value.start, mask.end, 1 + max(value.depth, mask.depth))

    def binary(self, children: list[Any]) -> Part:
        left, token, right = children
        op = "^" if token == "**" else str(token)
        binding = BINDING[op]
        under = left.node
        chained = binding in CHAINING and isinstance(under, Binary) and BINDING[under.op] == binding
        depth = max(left.depth if chained else left.depth + 1, right.depth + 1)
        node = Binary(self.span(left.start, right.end), op, under, right.node)
        return self.nested(node, left.start, right.end, depth)

    def unary(self, children: list[Any]) -> Part:
        token, operand = children
        node = Unary(self.span(start_of(token), operand.end), str(token), operand.node)
        return self.nested(node, start_of(token), operand.end, operand.depth + 1)

    # --- atoms --------------------------------------------------------------------------------

    def name(self, children: list[Any]) -> Part:
        (token,) = children
        start, end = start_of(token), end_of(token)
        return Part(Name(self.span(start, end), *split_primes(token)), start, end)

    def member(self, children: list[Any]) -> Part:
        owner, _, name = children
        start, end = start_of(owner), end_of(name)
        if owner.endswith("'"):
            self.fail("a prime belongs at the end", start, end_of(owner), "write `prev.x'`")
        ident, primes = split_primes(name)
        node: Node = Member(self.span(start, end - primes), str(owner), ident)
        if primes:
            return Part(Prime(self.span(start, end), node, primes), start, end, 2)
        return Part(node, start, end)

    def number(self, children: list[Any]) -> Part:
        (token,) = children
        start, end = start_of(token), end_of(token)
        value = token == "true" if token.type in ("TRUE", "FALSE") else self.literal(token)
        return Part(Number(self.span(start, end), value, str(token)), start, end)

    def literal(self, token: Token) -> int | float:
        """The number that a NUMBER says; one that no float64 holds is refused."""
        value = float(token)
        if value == float("inf"):
            self.fail("the number is too large", start_of(token), end_of(token))
        return int(token) if token.isdigit() else value

    def group(self, children: list[Any]) -> Part:
        opening, inner, closing = children
        return Part(inner.node, start_of(opening), end_of(closing), inner.depth, grouped=True)

    # --- postfix ------------------------------------------------------------------------------

    def prime(self, children: list[Any]) -> Part:
        value, primes = children
        node = Prime(self.span(value.start, end_of(primes)), value.node, len(primes))
        return self.nested(node, value.start, end_of(primes), value.depth + 1)

    def axis(self, children: list[Any]) -> Part:
        first, last = children[0], children[-1]
        start, end = start_of(first), end_of(last)
        owner, rest = None, last.type == "REST"
        if len(children) == 3:
            if first.endswith("'"):
                self.fail("a prime belongs at the end", start, end_of(first), "write `p.event'`")
            owner, first = str(first), last
        ident, primes = split_primes(first)
        return Part(AxisRef(self.span(start, end), ident, primes, owner, rest), start, end)

    def slice(self, children: list[Any]) -> Part:
        at = next(i for i, child in enumerate(children) if isinstance(child, Token))
        start, stop = children[:at], children[at + 1 :]
        begin = start[0].start if start else start_of(children[at])
        end = stop[0].end if stop else end_of(children[at])
        node = Slice(self.span(begin, end), *(side[0].node if side else None for side in (start, stop)))
        return self.nested(node, begin, end, 1 + max(p.depth for p in (*start, *stop, Part(node, 0, 0, 0))))

    def item(self, children: list[Any]) -> list[Part]:
        return children

    def bracket(self, children: list[Any]) -> Part:
        value, _, *items, closing = children
        span = self.span(value.start, end_of(closing))
        selects = [item for item in items if len(item) == 2]
        if selects and len(selects) < len(items):
            odd = next(item for item in items if len(item) != len(items[0]))
            self.fail(
                "one pair of brackets cannot both rename and select",
                odd[0].start,
                odd[-1].end,
                "select first, then rename: `x[view=0][batch']`",
            )
        node: Node
        if selects:
            self._check_selected(selects)
            node = Select(span, value.node, tuple((axis.node, index.node) for axis, index in selects))
        else:
            node = Rename(span, value.node, tuple(item[0].node for item in items))
        depth = 1 + max(value.depth, *(item[-1].depth for item in items))
        part = self.nested(node, value.start, end_of(closing), depth)
        part.grouped = value.grouped
        return part

    def _check_selected(self, selects: list[list[Part]]) -> None:
        seen = set()
        for axis, _ in selects:
            ref = axis.node
            assert isinstance(ref, AxisRef)
            if ref.rest:
                self.fail("`...` stands for several axes and cannot be selected from", axis.start, axis.end)
            if ref.name in seen:
                self.fail(f"the axis `{ref.name}` is selected twice", axis.start, axis.end)
            seen.add(ref.name)

    # --- calls --------------------------------------------------------------------------------

    def pair(self, children: list[Any]) -> Part:
        left, right = children
        node = Pair(self.span(left.start, right.end), left.node, right.node)
        return self.nested(node, left.start, right.end, 1 + max(left.depth, right.depth))

    def keyword(self, children: list[Any]) -> list[Any]:
        return children

    def call(self, children: list[Any]) -> Part:
        callee, opening, *arguments, closing = children
        func, func_span, axes = self._callee(callee, opening, bool(arguments))
        args: list[Part] = []
        kwargs: list[tuple[str, Part]] = []
        for argument in arguments:
            if isinstance(argument, Part):
                args.append(argument)
                if kwargs:
                    self.fail(
                        "an argument without a name comes after one with a name",
                        argument.start,
                        argument.end,
                        f"put it before `{kwargs[0][0]}=`, or name it too",
                    )
                continue
            token, value = argument
            self._check_keyword(func, token, value, [key for key, _ in kwargs])
            kwargs.append((str(token), value))
        start = start_of(callee)
        node = Call(
            self.span(start, end_of(closing)),
            func,
            func_span,
            axes,
            tuple(part.node for part in args),
            tuple((key, part.node) for key, part in kwargs),
        )
        depth = 1 + max((part.depth for part in (*args, *(value for _, value in kwargs))), default=0)
        return self.nested(node, start, end_of(closing), depth)

    def _callee(
        self, callee: Any, opening: Token, filled: bool
    ) -> tuple[str, Any, tuple[AxisRef, ...] | None]:
        """The function's name, its span and its axes, from what stands before the parenthesis."""
        if isinstance(callee, Token):
            return str(callee), self.span(start_of(callee), end_of(callee)), None
        node = callee.node
        axes = node.axes if isinstance(node, Rename) else None
        named = node.value if isinstance(node, Rename) else node
        if isinstance(named, Name) and not callee.grouped:
            if named.primes:
                self.fail("a function has no primes", callee.start, callee.end, f"write `{named.id}(...)'`")
            return named.id, named.span, axes
        if isinstance(node, Member) and not callee.grouped:
            hint = f"values have no methods: write `{node.id}({node.owner}{', ...' if filled else ''})`"
            self.fail(f"`{node.owner}.{node.id}` is not a function", callee.start, callee.end, hint)
        if isinstance(node, Select):
            hint = "the brackets of a function name axes, as in `sum[batch](x)`"
            self.fail("a selection cannot be called", callee.start, callee.end, hint)
        at = start_of(opening)
        self.fail("only a named function can be called", at, at + 1, "for a product write `*` before `(`")

    def _check_keyword(self, func: str, token: Token, value: Part, seen: list[str]) -> None:
        key = str(token)
        if key.endswith("'"):
            self.fail("the name of an argument has no primes", start_of(token), end_of(token))
        if key in seen:
            self.fail(f"the argument `{key}` is given twice", start_of(token), end_of(token), "remove one of the two")
        node = value.node
        literal = node.operand if isinstance(node, Unary) else node
        if key in _TORCH_WORDS and isinstance(literal, Number):
            hint = f"axes have names and are written in brackets: `{func}[axis](x)`"
            self.fail(f"axes are not numbered, so there is no `{key}=`", start_of(token), value.end, hint)
