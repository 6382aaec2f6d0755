"""Definitions and their loops."""

from __future__ import annotations

from lossdsl.source.span import Fragment
from lossdsl.source.yaml_nodes import Scalar
from lossdsl.spec.convert import Fields
from lossdsl.spec.findings import Findings, short
from lossdsl.spec.model import Definition, Loop

_KINDS = ("repeat", "scan")
_OF_A_LOOP = ("start", "step", "until", "gradient")


def definition(key: Scalar, read: Fragment | Fields, findings: Findings) -> Definition | None:
    if isinstance(read, Fragment):
        return Definition(key.fragment, read, key.span)
    loop = _loop(key, read, findings)
    body = read.get("give")
    if body is None:
        return None
    return Definition(
        key.fragment, body, key.span, loop, read.get("doc"), read.get("formula"), read.get("cite")
    )


def _loop(key: Scalar, read: Fields, findings: Findings) -> Loop | None:
    kinds = [kind for kind in _KINDS if kind in read.given]
    if not kinds:
        for name in _OF_A_LOOP:
            if name in read.given:
                message = f"`{name}` belongs to a loop, but there is neither `repeat` nor `scan`"
                findings.missing(message, read.given[name].span, "write `repeat: 10` or `scan: axis`")
        return None
    kind = kinds[0]
    if len(kinds) > 1:
        message = "`scan` and `repeat` exclude each other"
        findings.conflict(message, read.given["scan"].span, read.given["repeat"].span)
    for name in ("start", "step"):
        if name not in read.given:
            findings.missing(f"the loop of `{short(key.text)}` has no `{name}`", read.given[kind].span)
    if kind == "scan" and "until" in read.given:
        message = "`until` stops a `repeat`; a `scan` runs to the end of its axis"
        findings.conflict(message, read.given["until"].span, read.given["scan"].span)
    over = read.get(kind)
    if over is None:
        return None
    return Loop(
        kind,
        over.fragment if isinstance(over, Scalar) else over,
        _assignments(read, "start"),
        _assignments(read, "step"),
        read.get("until"),
        read.get("gradient", "unrolled"),
    )


def _assignments(read: Fields, name: str) -> tuple[tuple[str, Fragment], ...]:
    return tuple((key.text, value) for key, value in read.get(name, []))
