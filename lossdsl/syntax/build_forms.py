"""Rules of the grammar to declarations, signatures, constraints, axis sizes and lists of numbers."""

from __future__ import annotations

from typing import Any, cast

from lark import Token

from lossdsl.syntax.ast import (
    AxisRef,
    AxisSize,
    Constraint,
    Declaration,
    Interval,
    Parameter,
    Signature,
)
from lossdsl.syntax.build import ExpressionBuilder
from lossdsl.syntax.part import Clause, Part, end_of, start_of
from lossdsl.syntax.words import NOISES


class Builder(ExpressionBuilder):
    """The methods for every rule of the grammar."""

    # --- declarations: the qualifiers ---------------------------------------------------------

    def over(self, children: list[Any]) -> Clause:
        word, name = children
        return Clause("over", self._axis(name), start_of(word), end_of(name))

    def of(self, children: list[Any]) -> Clause:
        word, target = children
        if target.type == "STRING":
            return Clause("pattern", str(target[1:-1]), start_of(word), end_of(target))
        return Clause("of", self._axis(target), start_of(word), end_of(target))

    def ignore(self, children: list[Any]) -> Clause:
        word, constant = children
        if not isinstance(constant.value, int):
            self.fail("the ignored value is an integer", constant.start, constant.end)
        return Clause("ignore", constant.value, start_of(word), constant.end)

    def bound(self, children: list[Any]) -> Clause:
        op, constant = children
        if op in ("==", "!="):
            hint = "write `>=`, `>`, `<=`, `<` or `in [low, high]`; a default is `= 1`"
            self.fail(f"`{op}` is not a bound", start_of(op), end_of(op), hint)
        value, is_open = constant.value, len(op) == 1
        sides = (value, None, is_open, False) if op.startswith(">") else (None, value, False, is_open)
        return Clause("interval", sides, start_of(op), constant.end)

    def interval(self, children: list[Any]) -> Clause:
        word, opening, low, high, closing = children
        sides = (low.value, high.value, opening == "(", closing == ")")
        return Clause("interval", sides, start_of(word), end_of(closing))

    def constant(self, children: list[Any]) -> Clause:
        number = children[-1]
        value = self.literal(number)
        return Clause(
            "constant", -value if len(children) == 2 else value, start_of(children[0]), end_of(number)
        )

    def mask(self, children: list[Any]) -> Clause:
        word, mask = children
        return Clause("where", mask.node, start_of(word), mask.end)

    def default(self, children: list[Any]) -> Clause:
        (value,) = children
        return Clause("default", value.node, value.start, value.end)

    # --- declarations: the whole --------------------------------------------------------------

    def typed(self, children: list[Any]) -> Clause:
        kind, opening, *axes, closing = children
        self._no_prime(kind)
        refs = self._plain_axes(axes)
        value = {"kind": str(kind), "kind_span": self.span(start_of(kind), end_of(kind))}
        if any(ref.name == "each" for ref in refs):
            value["per_each"], refs = True, tuple(ref for ref in refs if ref.name != "each")
        return Clause("head", value | {"axes": refs}, start_of(kind), end_of(closing))

    def like(self, children: list[Any]) -> Clause:
        word, name = children
        self._no_prime(name)
        value = {"kind": "like", "kind_span": self.span(start_of(word), end_of(word)), "like": str(name)}
        return Clause("head", value, start_of(word), end_of(name))

    def declaration(self, children: list[Any]) -> Part:
        first, last = children[0], children[-1]
        start, end = start_of(first), end_of(last)
        fields: dict[str, Any] = {}
        for child in children:
            clause = self._flag(child) if isinstance(child, Token) else child
            if clause.field == "head":
                fields |= clause.value
            elif clause.field == "interval":
                self._narrow(fields, clause)
            elif clause.field in fields:
                word = {"default": "a default", "noise": "a distribution"}.get(
                    clause.field, f"`{clause.field}`"
                )
                self.fail(f"{word} is given twice", clause.start, clause.end)
            else:
                fields[clause.field] = clause.value
            self._check(fields, clause)
        if fields["kind"] == "noise" and "noise" not in fields:
            hint = f"add one of {', '.join(f'`{noise}`' for noise in NOISES)}"
            self.fail("a noise input needs its distribution", start, end, hint)
        return Part(Declaration(self.span(start, end), **fields), start, end)

    def _flag(self, word: Token) -> Clause:
        value = str(word) if word.type == "NOISE" else True
        return Clause(word.type.lower(), value, start_of(word), end_of(word))

    def _narrow(self, fields: dict[str, Any], clause: Clause) -> None:
        """Join `> 0` and `< 1` into one interval."""
        low, high, low_open, high_open = clause.value
        span = self.span(clause.start, clause.end)
        known = fields.get("interval")
        if known is not None:
            if (low is not None and known.low is not None) or (high is not None and known.high is not None):
                self.fail("a second bound on the same side", clause.start, clause.end)
            span = known.span.to(span)
            low, low_open = (known.low, known.low_open) if low is None else (low, low_open)
            high, high_open = (known.high, known.high_open) if high is None else (high, high_open)
        fields["interval"] = Interval(span, low, high, low_open, high_open)

    def _check(self, fields: dict[str, Any], clause: Clause) -> None:
        """Qualifiers that make no sense with what stands before them."""
        kind, field = fields.get("kind"), clause.field
        if field == "of" and kind != "index":
            self.fail("only an index is `of` an axis", clause.start, clause.end, "write `index[...] of axis`")
        if field == "pattern" and not fields.get("each"):
            hint = f'write `each {kind}[...] of "{clause.value}"`'
            self.fail("a pattern of parameter names needs `each`", clause.start, clause.end, hint)
        if field == "ignore" and kind != "index":
            self.fail("only an index has an ignored value", clause.start, clause.end)
        if field == "noise" and kind != "noise":
            hint = f"write `noise[...] {clause.value}`"
            self.fail(f"only a noise input is `{clause.value}`", clause.start, clause.end, hint)

    # --- signatures ---------------------------------------------------------------------------

    def kind(self, children: list[Any]) -> Clause:
        name, *rest = children
        self._no_prime(name)
        last = rest[-1] if rest else name
        axes = self._plain_axes(rest[1:-1])
        return Clause("kind", {"kind": str(name), "axes": axes}, start_of(name), end_of(last))

    def standard(self, children: list[Any]) -> Clause:
        (value,) = children
        return Clause("default", {"default": value.node}, value.start, value.end)

    def parameter(self, children: list[Any]) -> Part:
        name, *clauses = children
        self._no_prime(name)
        start, end = start_of(name), end_of(clauses[-1] if clauses else name)
        fields: dict[str, Any] = {}
        for clause in clauses:
            fields |= clause.value
        return Part(Parameter(self.span(start, end), str(name), **fields), start, end)

    def signature(self, children: list[Any]) -> Part:
        name, *rest = children
        self._no_prime(name)
        start, end = start_of(name), end_of(rest[-1] if rest else name)
        if not rest:
            return Part(Signature(self.span(start, end), str(name)), start, end)
        parts = [child for child in rest if isinstance(child, Part)]
        axes = self._plain_axes([part for part in parts if isinstance(part.node, AxisRef)])
        parameters = [part for part in parts if isinstance(part.node, Parameter)]
        separators = [child for child in rest if isinstance(child, Token) and child.type in ("COMMA", "BARS")]
        seen: set[str] = set()
        for part in parameters:
            key = cast(Parameter, part.node).name
            if key in seen:
                self.fail(f"the parameter `{key}` is given twice", part.start, part.start + len(key))
            seen.add(key)
        pairs = frozenset(i for i, token in enumerate(separators) if token.type == "BARS")
        params = tuple(cast(Parameter, part.node) for part in parameters)
        return Part(Signature(self.span(start, end), str(name), axes, params, pairs), start, end)

    # --- constraints, sizes, numbers ----------------------------------------------------------

    def constraint(self, children: list[Any]) -> Part:
        left, op, right, *tail = children
        if op not in ("<=", ">=", "=="):
            hint = {"<": "write `<=`", ">": "write `>=`"}.get(op)
            self.fail("a constraint is written with `<=`, `>=` or `==`", start_of(op), end_of(op), hint)
        names = [token for token in tail if token.type == "NAME"]
        for name in names:
            self._no_prime(name)
        end = end_of(names[-1] if names else right)
        span = self.span(left.start, end)
        return Part(
            Constraint(span, str(op), left.node, right.node, *(str(name) for name in names)), left.start, end
        )

    def axis_size(self, children: list[Any]) -> Part:
        start, end = start_of(children[0]), end_of(children[-1])
        span = self.span(start, end)
        scale, factors = 1, []
        for token in children:
            if token.type == "NAME":
                self._no_prime(token)
                factors.append(str(token))
            elif token.type == "NUMBER":
                scale *= self._whole(token)
        if children[-1].type == "RANGE":
            node = AxisSize(span, minimum=scale)
        elif factors == ["sample"] and len(children) == 1:
            node = AxisSize(span, sample=True)
        elif factors:
            node = AxisSize(span, scale=scale, factors=tuple(factors))
        else:
            node = AxisSize(span, exact=scale)
        return Part(node, start, end)

    def numbers(self, children: list[Any]) -> tuple[int | float, ...]:
        return tuple(clause.value for clause in children[1:-1])

    # --- shared -------------------------------------------------------------------------------

    def _axis(self, name: Token) -> AxisRef:
        return cast(AxisRef, self.axis([name]).node)

    def _plain_axes(self, parts: list[Part]) -> tuple[AxisRef, ...]:
        """Axes where they are introduced: each once, no `p.event`, at most one `rest...`."""
        refs: list[AxisRef] = []
        for part in parts:
            ref = cast(AxisRef, part.node)
            if ref.owner is not None:
                self.fail(f"an axis is introduced by its name, not by `{ref.name}`", part.start, part.end)
            if any(ref.name == other.name for other in refs):
                self.fail(f"the axis `{ref.name}` is given twice", part.start, part.end)
            if ref.rest and any(other.rest for other in refs):
                self.fail("a list of axes has at most one `...`", part.start, part.end)
            refs.append(ref)
        return tuple(refs)

    def _whole(self, token: Token) -> int:
        value = self.literal(token)
        if not isinstance(value, int):
            self.fail("the length of an axis is an integer", start_of(token), end_of(token))
        return value

    def _no_prime(self, name: Token) -> None:
        if name.endswith("'"):
            self.fail(f"`{name}` cannot have a prime here", start_of(name), end_of(name))
