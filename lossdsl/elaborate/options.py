"""Values for params and options at load: what is given, what is required, what is allowed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from lossdsl.source.diagnostic import LossDSLError, error
from lossdsl.spec.model import Param, Spec
from lossdsl.syntax import ast
from lossdsl.syntax.parse import parse_expression

PLACEHOLDERS: dict[str, Any] = {"int": 2, "float": 0.5, "list": [0.5, 0.5]}


def resolve(
    spec: Spec, given: Mapping[str, Any], placeholders: bool = False
) -> tuple[dict[str, Any], dict[str, str]]:
    """The value of every param that is not a schedule, and the choice of every option."""
    known = [*spec.params, *spec.options]
    for name in given:
        if name not in known:
            close = get_close_matches(str(name), known, n=1)
            hint = f"did you mean `{close[0]}`?" if close else "its params are " + (", ".join(known) or "none")
            raise error("LD023", "bad-parameter", f"the spec has no param `{name}`", help=hint)
    values: dict[str, Any] = {}
    for name, param in spec.params.items():
        if name in given:
            values[name] = checked(param, given[name])
        elif param.required is not None:
            if not placeholders:
                raise error("LD023", "bad-parameter", f"the param `{name}` must be given", param.span,
                            help=f"pass `params={{'{name}': ...}}`; it is {article(param.required)}")
            values[name] = PLACEHOLDERS[param.required]
        else:
            value = literal(param)
            if value is not None:
                values[name] = checked(param, value)
    options = {}
    for name, option in spec.options.items():
        choice = given.get(name, option.value)
        if choice not in option.one_of:
            raise error("LD023", "bad-parameter", f"`{choice}` is not a value of the option `{name}`", option.span,
                        help="its values are " + ", ".join(f"`{v}`" for v in option.one_of))
        options[name] = choice
    return values, options


def article(kind: str) -> str:
    return {"int": "an integer", "float": "a number", "list": "a list of numbers"}.get(kind, kind)


def literal(param: Param) -> Any:
    """The number that a param is, or None if it is a schedule."""
    text = param.value or param.learn or param.start
    if text is None:
        return None
    if text.text.lstrip().startswith("["):
        from lossdsl.syntax.parse import parse_numbers

        return list(parse_numbers(text))
    node = parse_expression(text)
    sign = 1
    if isinstance(node, ast.Unary) and node.op == "-":
        sign, node = -1, node.operand
    if not isinstance(node, ast.Number):
        return None
    return node.value if isinstance(node.value, bool) else sign * node.value


def checked(param: Param, value: Any) -> Any:
    """The value if it is a number within the bounds of the param."""

    def refuse(message: str, hint: str) -> LossDSLError:
        return error("LD023", "bad-parameter", f"param `{param.name}`: {message}", param.span, help=hint)

    if isinstance(value, bool):
        return value
    if hasattr(value, "item") and getattr(value, "ndim", 0) == 0:
        value = value.item()
    if isinstance(value, (list, tuple)):
        return [checked(param, v) for v in value]
    if not isinstance(value, (int, float)):
        raise refuse(f"expected a number, found {type(value).__name__} {value!r}", "pass a number")
    if isinstance(value, float) and math.isnan(value):
        raise refuse("found NaN", "pass a number")
    if param.required == "int" and value != int(value):
        raise refuse(f"expected an integer, found {value}", "pass an integer")
    low, high = param.low, param.high
    if (low is not None and value < low) or (high is not None and value > high):
        raise refuse(f"{value} is outside [{low}, {high}]", "see its `in:`")
    return int(value) if param.required == "int" else value
