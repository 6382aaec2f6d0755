"""The JSON Schema of a spec, for editors, from the field table."""

from __future__ import annotations

from typing import Any

from lossdsl.spec.fields import RECORDS, SCALARS, Choice, Field, List, Table, Type

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_NAME = {"pattern": "^[A-Za-z_][A-Za-z0-9_]*$"}
_NUMBERS = {"type": "array", "items": {"type": "number"}}

# A YAML file can say infinity and NaN, which are no JSON numbers; editors see them as the numbers they are.
_SCALARS: dict[str, dict[str, Any]] = {
    "version": {"const": 1},
    "text": {"type": "string"},
    "path": {"type": "string", "minLength": 1},
    "snake": {"type": "string", "pattern": "^[a-z][a-z0-9_]*$"},
    "name": {"type": "string", **_NAME},
    "expression": {"type": ["string", "number", "boolean"]},
    "number": {"type": "number"},
    "numbers": _NUMBERS,
    "range": {**_NUMBERS, "minItems": 2, "maxItems": 2},
    "data": {"type": ["number", "boolean", "array"], "items": {"$ref": "#/$defs/data"}},
    "setting": {"type": ["number", "boolean", "string", "array"], "items": {"$ref": "#/$defs/setting"}},
    "plain": {"type": "object"},
}
assert set(_SCALARS) == set(SCALARS)


def json_schema() -> dict[str, Any]:
    """The schema of a whole spec document (draft 2020-12)."""
    shared = {name: _SCALARS[name] for name in ("expression", "data", "setting")}
    records = {name: _record(fields) for name, fields in RECORDS.items() if name != "spec"}
    top = _record(RECORDS["spec"])
    top["not"] = {"required": ["loss", "losses"]}
    title = {"$schema": DIALECT, "title": "lossdsl spec", "description": "A loss function as a document."}
    return {**title, **top, "$defs": {**shared, **records}}


def _record(fields: dict[str, Field]) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {
            name: {"description": field.doc, **_type(field.type)} for name, field in fields.items()
        },
        "additionalProperties": False,
    }
    required = [name for name, field in fields.items() if field.required]
    return {**schema, "required": required} if required else schema


def _type(kind: Type) -> dict[str, Any]:
    if isinstance(kind, tuple):
        return {"anyOf": [_type(each) for each in kind]}
    if isinstance(kind, List):
        return {"type": "array", "items": _type(kind.item)}
    if isinstance(kind, Choice):
        return {"enum": list(kind.words)}
    if isinstance(kind, Table):
        schema: dict[str, Any] = {"type": "object", "additionalProperties": _type(kind.item)}
        if kind.keys == "name":
            schema["propertyNames"] = _NAME
        return {**schema, "minProperties": 1} if kind.filled else schema
    if kind in RECORDS or kind in ("expression", "data", "setting"):
        return {"$ref": f"#/$defs/{kind}"}
    return _SCALARS[kind]
