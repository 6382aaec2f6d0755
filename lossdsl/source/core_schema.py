"""The values of plain scalars by the YAML 1.2 core schema."""

from __future__ import annotations

import re

Value = str | int | float | bool | None

_CONSTANTS: dict[str, Value] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INT = re.compile(r"[-+]?[0-9]+")
_OTHER_BASE = re.compile(r"0o[0-7]{1,30}|0x[0-9a-fA-F]{1,30}")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_SPECIAL = re.compile(r"(?P<sign>[-+]?)\.(?:inf|Inf|INF)|\.(?P<nan>nan|NaN|NAN)")
_LONGEST_INT = 300  # longer ones are beyond float64, and costly to convert


def core_value(text: str) -> Value:
    """null, a boolean, a number or else the text itself."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if text[0] not in "+-.0123456789":
        return text
    if _INT.fullmatch(text) and len(text) <= _LONGEST_INT:
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _OTHER_BASE.fullmatch(text):
        return int(text, 0)
    if special := _SPECIAL.fullmatch(text):
        return float("nan") if special["nan"] else float(special["sign"] + "inf")
    return text
