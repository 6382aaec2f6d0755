import json

from lossdsl.spec.fields import RECORDS, SCALARS, Choice, List, Table, describe
from lossdsl.spec.schema import json_schema


def references(value):
    if isinstance(value, dict):
        yield from [value["$ref"]] if "$ref" in value else []
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def test_every_field_is_in_the_schema_with_its_doc():
    schema = json_schema()
    for name, fields in RECORDS.items():
        record = schema if name == "spec" else schema["$defs"][name]
        assert list(record["properties"]) == list(fields)
        assert all(record["properties"][key]["description"] == field.doc for key, field in fields.items())
        assert record["additionalProperties"] is False
        assert record.get("required", []) == [key for key, field in fields.items() if field.required]


def test_every_reference_is_defined():
    schema = json_schema()
    found = {reference.removeprefix("#/$defs/") for reference in references(schema)}
    assert found == set(schema["$defs"])


def test_the_schema_is_json_and_compact():
    text = json.dumps(json_schema())
    assert json.loads(text)["$schema"].endswith("2020-12/schema")
    assert len(text) < 15_000


def test_the_field_table_names_types_that_exist():
    def check(kind):
        if isinstance(kind, tuple):
            list(map(check, kind))
        elif isinstance(kind, (Table, List)):
            check(kind.item)
        else:
            assert isinstance(kind, Choice) or kind in SCALARS or kind in RECORDS

    for fields in RECORDS.values():
        for field in fields.values():
            check(field.type)
            assert describe(field.type)
            assert field.doc.endswith(".") and "\n" not in field.doc
