import json
from typing import Any

import pytest

from concordat_events.catalogue import CATALOGUE
from concordat_events.envelope import read_event, write_event
from concordat_events.faults import FaultCode
from concordat_events.leaves import leaves
from contract.examples import (
    Example,
    broken_promise,
    examples,
    promised,
    too_few,
    valid_examples,
)
from contract.folder import contracts, schema

TYPE = "triage.response-given.v1"
GOOD: dict[str, Any] = {
    "specversion": "1.0",
    "id": "answer-0001",
    "source": "//childrens-social-care",
    "type": TYPE,
    "time": "2025-12-15T09:30:00Z",
    "subject": "case-0001",
    "data": {"ref": "answer-ref-1", "known": "open"},
}


def _example(name: str, data: dict[str, Any] | None = None, **changes: Any) -> Example:
    content = {**GOOD, "data": GOOD["data"] | (data or {}), **changes}
    return Example(TYPE, name, json.dumps(content).encode())


@pytest.mark.parametrize("example", examples(), ids=str)
def test_every_example_is_what_its_name_says(example: Example) -> None:
    assert example.event_type in CATALOGUE, "an example of no published type"
    assert broken_promise(example, schema(example.event_type)) is None


def test_every_published_type_has_enough_examples() -> None:
    assert too_few(CATALOGUE, examples()) == []


@pytest.mark.parametrize("event_type", CATALOGUE)
def test_the_valid_examples_fill_in_every_field(event_type: str) -> None:
    filled: set[str] = set()
    for example in valid_examples():
        if example.event_type == event_type:
            filled |= _filled(json.loads(example.value)["data"], "")
    assert filled == set(leaves(CATALOGUE[event_type]))


@pytest.mark.parametrize("example", valid_examples(), ids=str)
def test_a_valid_example_is_synthetic_and_from_a_registered_agency(example: Example) -> None:
    event = read_event(example.value)
    assert event.synthetic is True
    assert event.publisher in contracts().agencies
    assert event.denied <= contracts().agencies.keys()
    assert read_event(write_event(event)) == event


@pytest.mark.parametrize("example", valid_examples(), ids=str)
def test_an_example_can_be_about_nobody(example: Example) -> None:
    # Inward codes never end in these letters; numbers from 999 are not issued.
    for path, value in _values(json.loads(example.value)["data"], ""):
        if path.endswith("postcode"):
            assert set(value[-2:]) <= set("CIKMOV")
        if path.endswith(("nhs_number", "uprn", "school_urn")):
            assert value.startswith("999")
        if path.endswith("home_urn"):
            assert value.startswith("SC999")
        if path.endswith("telephone"):
            # Ofcom keeps 01632 960000 to 960999 for fiction.
            assert value.startswith("01632 960")


@pytest.mark.parametrize(
    ("example", "contradiction"),
    [
        (_example("valid-really"), None),
        (_example("valid-but-not", {"known": "perhaps"}), "the codec says WRONG_VALUE data.known"),
        (_example("valid-elsewhere", type="other.type.v1"), "the codec says UNKNOWN_TYPE type"),
        (_example("invalid-missing-known"), "the codec accepts it"),
        (_example("invalid-missing-known", {"ref": 1}), "the codec says WRONG_TYPE data.ref"),
        (_example("invalid-wrong-type-known", {"known": "perhaps"}), "the codec says WRONG_VALUE"),
    ],
)
def test_an_example_that_breaks_its_promise_is_found(
    example: Example, contradiction: str | None
) -> None:
    said = broken_promise(example, schema(TYPE))
    assert said == contradiction or (contradiction and said and said.startswith(contradiction))


def test_an_example_in_the_folder_of_another_type_is_found() -> None:
    other = "community-safety.crime-recorded.v1"
    stray = Example(other, "valid-stray", _example("valid-stray").value)
    assert broken_promise(stray, schema(other)) == "its type is not the folder's"


def test_a_schema_that_contradicts_the_codec_is_found() -> None:
    assert broken_promise(_example("valid-really"), {"required": ["other"]}) is not None
    refused = _example("invalid-wrong-type-ref", {"ref": 1})
    assert broken_promise(refused, {"type": "object"}) == "the schema accepts it"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("valid-only-what-is-required", None),
        ("invalid-undeclared-field", FaultCode.UNDECLARED),
        ("invalid-wrong-value-grade", FaultCode.WRONG_VALUE),
        ("invalid-not-json", FaultCode.NOT_JSON),
    ],
)
def test_a_name_promises_a_fault(name: str, code: FaultCode | None) -> None:
    assert promised(name) is code


@pytest.mark.parametrize("name", ["invalid", "invalid-strange", "undeclared", "invalid-emptyish"])
def test_a_name_that_promises_nothing_is_found(name: str) -> None:
    with pytest.raises(ValueError, match="promises no fault"):
        promised(name)


def test_too_few_examples_are_found() -> None:
    assert too_few([TYPE], [_example("valid-one")]) == [f"{TYPE}: 1 valid", f"{TYPE}: 0 invalid"]


def _values(value: Any, path: str) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        inner = [(f"{path}.{key}" if path else key, each) for key, each in value.items()]
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        inner = [(f"{path}[]", each) for each in value]
    else:
        return [] if value is None else [(path, value)]
    return [leaf for name, each in inner for leaf in _values(each, name)]


def _filled(data: dict[str, Any], path: str) -> set[str]:
    return {name for name, _ in _values(data, path)}
