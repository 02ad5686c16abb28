"""The JSON Schema of the agreement format: the models, and the closed lists beside them."""

from collections.abc import Iterable, Mapping
from typing import Any

from concordat.agreements.document import TESTS, Condition
from concordat.agreements.law import BASES, GATEWAYS

Schema = dict[str, Any]


def with_closed_lists(schema: Schema, events: Iterable[str]) -> Schema:
    """Return the models' `schema` with what only their checks know, so that an editor knows it too.

    That is: one test a condition, the gateways, the lawful bases and the published event types.
    """
    definitions = schema["$defs"]
    condition, law, share = (definitions[name] for name in ("Condition", "Law", "Share"))
    bases = {"items": {"type": "string", "oneOf": _listed(BASES)}}
    more = {
        "Condition": {**condition, "oneOf": _one_test()},
        "Law": _with(
            law,
            gateway={"oneOf": _listed(GATEWAYS)},
            publisher_basis=bases,
            recipient_basis=bases,
        ),
        "Share": _with(share, event={"enum": sorted(events)}),
    }
    closed: Schema = _closed({**schema, "$defs": {**definitions, **more}})
    return closed


def _one_test() -> list[Schema]:
    names = [Condition.model_fields[test].alias or test for test in TESTS]
    not_null = {"not": {"type": "null"}}
    return [{"required": [name], "properties": {name: not_null}} for name in names]


def _listed(sentences: Mapping[str, str]) -> list[Schema]:
    return [{"const": code, "description": sentence} for code, sentence in sentences.items()]


def _with(schema: Schema, **properties: Schema) -> Schema:
    known = schema["properties"]
    more = {name: {**known[name], **added} for name, added in properties.items()}
    return {**schema, "properties": {**known, **more}}


def _closed(schema: Any) -> Any:
    """Refuse in every mapping the keys that match none of its patterns."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value) for key, value in schema.items()}
    return closed | ({"additionalProperties": False} if "patternProperties" in closed else {})
