from typing import Any

import pytest
from jsonschema import Draft202012Validator

from concordat.cli.contracts import DIALECT
from concordat_events.catalogue import CATALOGUE
from concordat_events.leaves import leaves
from contract.folder import schema
from contract.schema_rules import marks, open_objects

OURS = ("concordat.event.v1", "concordat.delivery.v1", "concordat.event-refused.v1")
LEAF = {"type": "string", "x-sensitivity": "P"}


@pytest.mark.parametrize("name", [*CATALOGUE, *OURS])
def test_every_schema_is_of_the_dialect_it_names(name: str) -> None:
    found = schema(name)
    Draft202012Validator.check_schema(found)
    assert found["$schema"] == DIALECT
    assert (found["$id"], found["title"]) == (f"{name}.schema.json", name)


@pytest.mark.parametrize("name", CATALOGUE)
def test_no_object_of_an_event_accepts_an_undeclared_key(name: str) -> None:
    assert open_objects(schema(name)) == []


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("concordat.event.v1", ["#/properties/data"]),
        ("concordat.delivery.v1", ["#/properties/data"]),
        ("concordat.event-refused.v1", []),
    ],
)
def test_an_envelope_is_open_only_where_the_event_type_says_what_stands(
    name: str, data: list[str]
) -> None:
    assert open_objects(schema(name)) == data


@pytest.mark.parametrize("name", CATALOGUE)
def test_every_leaf_carries_its_mark(name: str) -> None:
    expected = {path: leaf.sensitivity.value for path, leaf in leaves(CATALOGUE[name]).items()}
    assert marks(schema(name)) == expected


def test_a_delivery_says_under_which_agreement_it_is() -> None:
    required = set(schema("concordat.delivery.v1")["required"])
    assert {"specversion", "source", "agreement", "shares", "gateway", "lawfulbasis"} <= required
    assert not {"keepuntil", "synthetic"} & required


@pytest.mark.parametrize(
    "found",
    [
        {"type": "object", "properties": {}},
        {"type": "object", "additionalProperties": True},
        {"type": "object", "additionalProperties": {"type": "string"}},
        {"type": "object", "aditionalProperties": False},
    ],
)
def test_an_open_object_is_found_wherever_it_stands(found: dict[str, Any]) -> None:
    closed = {"type": "object", "additionalProperties": False}
    assert open_objects(found) == ["#"]
    assert open_objects({**closed, "$defs": {"A": found}}) == ["#/$defs/A"]
    assert open_objects({**closed, "anyOf": [closed, {"items": found}]}) == ["#/anyOf/1/items"]


def test_a_leaf_without_a_mark_is_found_wherever_it_stands() -> None:
    inner = {"type": "object", "properties": {"marked": LEAF, "bare": {"type": "string"}}}
    reference = {"$ref": "#/$defs/Inner"}
    found = {
        "$defs": {"Inner": inner},
        "properties": {
            "one": reference,
            "many": {"anyOf": [{"type": "array", "items": reference}, {"type": "null"}]},
            "codes": {"type": "array", "items": {"type": "string"}, "x-sensitivity": "S"},
        },
    }
    assert marks(found) == {
        "one.marked": "P",
        "one.bare": None,
        "many[].marked": "P",
        "many[].bare": None,
        "codes": "S",
    }
