"""A source, or a Python mapping, to a `Spec`."""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Mapping as AnyMapping
from typing import Any

from lossdsl.source.text import Source
from lossdsl.source.yaml_nodes import Mapping, Scalar, read
from lossdsl.spec.convert import Converter, Fields
from lossdsl.spec.decode_define import definition
from lossdsl.spec.decode_loss import constraint, example, losses, named_terms
from lossdsl.spec.decode_params import option, param, state
from lossdsl.spec.findings import Findings
from lossdsl.spec.from_mapping import to_yaml
from lossdsl.spec.model import AxisFact, Input, Spec


def decode(source: Source) -> Spec:
    """The spec that `source` says.

    Raises LossDSLError with every finding.
    """
    root = read(source)
    findings = Findings()
    if not isinstance(root, Mapping):
        advice = 'a spec starts with `lossdsl: 1`; a bare expression goes to `lossdsl.compile("...")`'
        findings.wrong_type("a spec is a mapping, but this is not", root.span, advice)
        findings.fail()
    place = root.pairs[0][0].span if root.pairs else root.span
    fields = Converter(findings).record(root, "spec", "the spec", place)
    assert fields is not None
    spec = _spec(source, fields, findings)
    findings.raise_any()
    return spec


def decode_mapping(data: AnyMapping[str, Any], name: str = "<mapping>") -> Spec:
    """The spec that a Python mapping says; places in diagnostics are those of its YAML rendering."""
    return decode(Source(name, to_yaml(data)))


def _spec(source: Source, fields: Fields, findings: Findings) -> Spec:
    def table(name: str) -> list[tuple[Scalar, Any]]:
        entries: list[tuple[Scalar, Any]] = fields.get(name, [])
        return entries

    _unique((key for name in ("inputs", "params", "options", "state") for key, _ in table(name)), findings)
    return Spec(
        source,
        name=fields.get("name"),
        doc=fields.get("doc"),
        cite=fields.get("cite"),
        imports=tuple(fields.get("import", [])),
        axes={key.text: AxisFact(key.text, size, key.span) for key, size in table("axes")},
        inputs={key.text: each for key, value in table("inputs") if (each := _input(key, value))},
        params={key.text: param(key, value, findings) for key, value in table("params")},
        options={key.text: option(key, value, findings) for key, value in table("options")},
        state={key.text: state(key, value, findings) for key, value in table("state")},
        define=[made for key, value in table("define") if (made := definition(key, value, findings))],
        losses=losses(fields, findings),
        subject_to={key.text: held for key, value in table("subject_to") if (held := constraint(key, value))},
        dual=dict(fields.get("dual").values) if "dual" in fields.values else {},
        metrics={str(term.name): term for term in named_terms(table("metrics"))},
        examples=tuple(example(each) for each in fields.get("examples", [])),
        gather=tuple(item.fragment for item in fields.get("gather", [])),
        plan=fields.get("plan", {}),
    )


def _input(key: Scalar, value: Any) -> Input | None:
    if not isinstance(value, Fields):
        return Input(key.text, value, key.span)
    declaration = value.get("is")
    return Input(key.text, declaration, key.span, value.get("doc")) if declaration is not None else None


def _unique(keys: Iterable[Scalar], findings: Findings) -> None:
    """A name means one thing among inputs, params, options and state."""
    first: dict[str, Scalar] = {}
    for key in keys:
        earlier = first.setdefault(key.text, key)
        if earlier is not key:
            message = f"the name `{key.text}` is used twice"
            findings.duplicate(message, key.span, earlier.span)
