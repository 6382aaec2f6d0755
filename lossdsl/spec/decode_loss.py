"""Losses, constraints and examples."""

from __future__ import annotations

from lossdsl.source.span import Fragment
from lossdsl.source.yaml_nodes import Scalar
from lossdsl.spec.convert import Fields
from lossdsl.spec.findings import Findings
from lossdsl.spec.model import Constraint, Example, Term

# A spec with none of these and with definitions is a library for others to import.
_DECLARATIONS = ("inputs", "params", "options", "state", "subject_to", "metrics", "dual", "gather")


def losses(read: Fields, findings: Findings) -> dict[str | None, tuple[Term, ...]]:
    """The losses by name, that of `loss` under None."""
    given = read.given
    if "loss" in given and "losses" in given:
        message = "`loss` and `losses` exclude each other"
        findings.conflict(message, given["losses"].span, given["loss"].span, "keep one of the two")
    elif "loss" not in given and "losses" not in given:
        if "define" not in given or any(name in given for name in _DECLARATIONS):
            findings.missing("the spec has no `loss`", read.span, "write `loss:` with an expression or terms")
    elif "losses" in given:
        return {key.text: _terms(value) for key, value in read.get("losses", [])}
    elif "loss" in read.values:
        return {None: _terms(read.values["loss"])}
    return {}


def _terms(read: Fragment | list[tuple[Scalar, Fragment]]) -> tuple[Term, ...]:
    if isinstance(read, Fragment):
        return (Term(None, read, read.whole),)
    return tuple(named_terms(read))


def named_terms(read: list[tuple[Scalar, Fragment]]) -> list[Term]:
    return [Term(key.text, value, key.span) for key, value in read]


def constraint(key: Scalar, read: Fragment | Fields) -> Constraint | None:
    if isinstance(read, Fragment):
        return Constraint(key.text, read, key.span)
    violation = read.get("violation")
    return Constraint(key.text, violation, key.span, read.get("strict")) if violation is not None else None


def example(read: Fields) -> Example:
    tables = {
        name: {key.text: value for key, value in read.get(name, [])}
        for name in ("given", "terms", "grad", "params", "state")
    }
    return Example(span=read.span, loss=read.get("loss"), **tables)
