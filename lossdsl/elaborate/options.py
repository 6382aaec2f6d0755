"""Values for params and options at load: what is given, what is required, what is allowed."""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from lossdsl.source.diagnostic import LossDSLError, error
from lossdsl.spec.model import Param, Spec
from lossdsl.syntax import ast
from lossdsl.syntax.parse import parse_expression

LARGEST = 2**53
OPERATIONS = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "^": operator.pow}
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
            elif param.learn is not None:
                raise error("LD023", "bad-parameter", f"the param `{name}` starts to learn from a number", param.span,
                            help="write a number, or a list of numbers in brackets")
    options = {}
    for name, option in spec.options.items():
        choice = given.get(name, option.value)
        if isinstance(choice, str) and choice not in option.one_of:
            choice = choice.replace("-", "_")  # the branches of `choose` are names, which have no hyphen
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
    return arithmetic(parse_expression(text))


def arithmetic(node: ast.Node) -> Any:
    """The value of arithmetic on numbers, such as `-1/3`; None for anything else."""
    if isinstance(node, ast.Number):
        return node.value
    if isinstance(node, ast.Unary) and node.op == "-":
        value = arithmetic(node.operand)
        return None if value is None or isinstance(value, bool) else -value
    if not isinstance(node, ast.Binary) or node.op not in OPERATIONS:
        return None
    left, right = arithmetic(node.left), arithmetic(node.right)
    if left is None or right is None or isinstance(left, bool) or isinstance(right, bool):
        return None
    try:
        value = OPERATIONS[node.op](float(left), float(right))
    except (ArithmeticError, ValueError):
        return None
    return None if isinstance(value, complex) else int(value) if is_whole(left, right, value) else value


def is_whole(left: float, right: float, value: float) -> bool:
    return isinstance(left, int) and isinstance(right, int) and value.is_integer()


def checked(param: Param, value: Any) -> Any:
    """The value if it is of the form of the param (a number, a list of numbers, true or false) and in its bounds."""
    if hasattr(value, "tolist"):  # a tensor, an array, or one of NumPy's numbers
        value = value.tolist()
    wanted = form(param)
    if wanted == "list":
        if not isinstance(value, (list, tuple)) or not value:
            raise refused(param, f"expected a list of numbers, found {shown(value)}", "pass a list of numbers")
        return [number(param, v) for v in value]
    if wanted == "bool":
        if isinstance(value, (int, float)) and value in (0, 1):
            return bool(value)  # how arrays and command lines write a flag
        if not isinstance(value, bool):
            raise refused(param, f"expected true or false, found {shown(value)}", "pass True or False")
        return value
    return number(param, value)


def form(param: Param) -> str:
    """What values a param takes: "list", "bool", "int" or "float"."""
    if param.required is not None:
        return param.required
    value = literal(param)
    return "list" if isinstance(value, list) else "bool" if isinstance(value, bool) else "float"


def number(param: Param, value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        wanted = "an integer" if param.required == "int" else "a number"
        raise refused(param, f"expected {wanted}, found {shown(value)}", f"pass {wanted}")
    if isinstance(value, float) and math.isnan(value):
        raise refused(param, "found NaN", "pass a number")
    if isinstance(value, int) and abs(value) > LARGEST:
        raise refused(param, "the integer is too large", "params are held in float64, which counts to 2^53")
    if param.required == "int" and (math.isinf(value) or value != int(value)):
        raise refused(param, f"expected an integer, found {value}", "pass an integer")
    low, high = param.low, param.high
    if (low is not None and value < low) or (high is not None and value > high):
        raise refused(param, f"{value} is outside [{low}, {high}]", "see its `in:`")
    return int(value) if param.required == "int" else value


def shown(value: Any) -> str:
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) <= 60 else text[:57] + '...'}"


def refused(param: Param, message: str, hint: str) -> LossDSLError:
    return error("LD023", "bad-parameter", f"param `{param.name}`: {message}", param.span, help=hint)
