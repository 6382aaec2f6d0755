"""Python mappings as YAML text, so that a spec built in Python is read like one from a file."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from typing import Any

import yaml

from lossdsl.source.diagnostic import error
from lossdsl.source.yaml_nodes import MAX_DEPTH


def to_yaml(data: Mapping[str, Any]) -> str:
    """The same text for the same data; keys keep their order.

    A string like "1e-3", text for PyYAML but a number in YAML 1.2, stays unquoted, so that a file that was
    loaded with PyYAML says what it says when it is read here.
    """
    plain = _plain(data, "the spec", MAX_DEPTH)
    rendered: str = yaml.safe_dump(plain, sort_keys=False, width=sys.maxsize, allow_unicode=True)
    return rendered


def _plain(data: Any, what: str, depth: int) -> Any:
    if depth < 0:  # also the end of a structure that contains itself
        raise error("LD008", "limit-exceeded", f"values are nested more than {MAX_DEPTH} deep")
    if data is None or isinstance(data, bool):
        return data
    if isinstance(data, str):
        return str(data)
    if isinstance(data, Integral):
        return int(data)
    if isinstance(data, Real):
        return float(data)
    if isinstance(data, Mapping):
        return {_key(key, what): _plain(value, f"`{key}`", depth - 1) for key, value in data.items()}
    if isinstance(data, Sequence):
        return [_plain(item, what, depth - 1) for item in data]
    if hasattr(data, "tolist"):  # arrays and tensors
        return _plain(data.tolist(), what, depth - 1)
    message = f"{what} holds a {type(data).__name__}, which a spec cannot say"
    raise error("LD011", "wrong-field-type", message, help="use mappings, lists, numbers and strings")


def _key(key: Any, what: str) -> str:
    if isinstance(key, str):
        return str(key)
    raise error("LD011", "wrong-field-type", f"{what} has the key {key!r}, which is not a string")
