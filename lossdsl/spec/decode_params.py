"""Params, options and state."""

from __future__ import annotations

from lossdsl.source.span import Fragment
from lossdsl.source.yaml_nodes import Scalar
from lossdsl.spec.convert import Fields
from lossdsl.spec.findings import Findings, closest, did_you_mean
from lossdsl.spec.model import Option, Param, State

_FORMS = ("value", "required", "learn", "adapt")
_ADAPTATION = ("target", "rate", "start")
_PLAIN_STATE = ("start", "is", "update")


def param(key: Scalar, read: Fragment | Fields, findings: Findings) -> Param:
    if isinstance(read, Fragment):
        return Param(key.text, key.span, value=read)
    forms = [form for form in _FORMS if form in read.given]
    if not forms:
        message = f"the parameter `{key.text}` has no value"
        findings.missing(message, key.span, "write `value:`, `required:`, `learn:` or `adapt:`")
    for form in forms[1:]:
        message = f"`{form}` and `{forms[0]}` exclude each other"
        findings.conflict(message, read.given[form].span, read.given[forms[0]].span, "keep one of the two")
    if "adapt" in read.given:
        for name in ("target", "rate"):
            if name not in read.given:
                message = f"the adapted parameter `{key.text}` has no `{name}`"
                findings.missing(message, key.span, "it moves by rate * (target - observed)")
    elif forms:
        for name in _ADAPTATION:
            if name in read.given:
                message = f"`{name}` belongs to `adapt`, which is not given"
                findings.conflict(message, read.given[name].span, read.given[forms[0]].span)
    low, high = read.get("in", (None, None))
    expressions = {name: read.get(name) for name in (*_FORMS, *_ADAPTATION)}
    return Param(key.text, key.span, **expressions, low=low, high=high, doc=read.get("doc"))


def option(key: Scalar, read: Fields, findings: Findings) -> Option:
    choices = read.get("one_of", [])
    first: dict[str, Scalar] = {}
    for choice in choices:
        earlier = first.setdefault(choice.text, choice)
        if earlier is not choice:
            findings.duplicate(f"the choice `{choice.text}` is given twice", choice.span, earlier.span)
    value = read.get("value")
    if "one_of" in read.values and not choices:
        findings.wrong_type(f"the option `{key.text}` has no choices", key.span)
    elif value is not None and choices and value.text not in first:
        advice = did_you_mean(closest(value.text, first)) or "the choices are " + ", ".join(first)
        findings.wrong_type(f"`{value.text}` is not a choice of `{key.text}`", value.span, advice)
    text = value.text if value is not None else ""
    return Option(key.text, tuple(first), text, key.span, read.get("doc"))


def state(key: Scalar, read: Fields, findings: Findings) -> State:
    if "memory" in read.given:
        for name in ("of", "axis"):
            if name not in read.given:
                findings.missing(f"the memory `{key.text}` has no `{name}`", key.span)
        for name in _PLAIN_STATE:
            if name in read.given:
                message = f"`{name}` and `memory` exclude each other"
                findings.conflict(message, read.given[name].span, read.given["memory"].span)
    else:
        if "start" not in read.given:
            advice = "write `start:` (and `update:`), or `memory:`, `of:` and `axis:` for a ring buffer"
            findings.missing(f"the state `{key.text}` has no `start`", key.span, advice)
        for name in ("of", "axis"):
            if name in read.given:
                message = f"`{name}` belongs to `memory`, which is not given"
                findings.conflict(message, read.given[name].span, key.span)
    axis = read.get("axis")
    return State(
        key.text, key.span, read.get("start"), read.get("is"), read.get("update"), read.get("memory"),
        read.get("of"), axis.text if axis is not None else None, read.get("doc"),
    )  # fmt: skip
