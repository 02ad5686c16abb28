"""A view is a type: what it has no field for cannot leave."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given

from concordat.agreements.view import View, reader
from concordat_events.catalogue import CATALOGUE
from concordat_events.leaves import leaves
from event_strategies import QUICK, TYPES, events, subsets
from naive_fields import project

INCIDENT = CATALOGUE["domestic-abuse.incident-recorded.v1"]
DATA = {
    "ref": "incident-1",
    "grade": "high",
    "victim": {
        "ref": "person-01",
        "name": "A",
        "dob": None,
        "address": {"postcode": "WR1 1AA", "line": "1 High Street"},
    },
    "children": [
        {"ref": "child-001", "name": "B"},
        {"ref": "child-002"},
        {"ref": "child-003", "name": None, "dob": "2015-01-01"},
    ],
    "witnesses": [],
    "offences": ["assault", "stalking"],
    "location": {},
    "child_count": 3,
}


def _seen(fields: list[str], data: Any = DATA) -> Any:
    view = View(INCIDENT, fields)
    return json.loads(msgspec.json.encode(view.project(json.dumps(data).encode())))


def test_only_what_is_named_is_seen() -> None:
    assert _seen(["grade", "victim.name", "child_count"]) == {
        "grade": "high",
        "victim": {"name": "A"},
        "child_count": 3,
    }


def test_an_empty_view_sees_nothing_of_anything() -> None:
    assert _seen([]) == {}
    assert _seen([], {"anything": [1, {"at": "all"}]}) == {}


def test_what_is_null_or_missing_leaves_no_trace() -> None:
    assert _seen(["victim.dob", "pregnant", "safe_contact.window"]) == {}


def test_an_object_or_element_of_which_nothing_is_seen_leaves_no_trace() -> None:
    assert _seen(["children[].name"]) == {"children": [{"name": "B"}]}
    assert _seen(["children[].voice", "witnesses[].ref", "location.district"]) == {}
    assert _seen(["victim.address.uprn", "victim.nhs_number"]) == {}
    assert _seen(["victim.address.uprn", "victim.ref"]) == {"victim": {"ref": "person-01"}}


def test_elements_keep_their_order() -> None:
    assert [each["ref"] for each in _seen(["children[].ref"])["children"]] == [
        "child-001",
        "child-002",
        "child-003",
    ]


def test_a_list_of_scalars_is_whole() -> None:
    assert _seen(["offences"]) == {"offences": ["assault", "stalking"]}


def test_zero_false_and_empty_text_are_values() -> None:
    data = {"child_count": 0, "pregnant": False, "narrative": ""}
    assert _seen(["child_count", "pregnant", "narrative"], data) == data


@pytest.mark.parametrize(
    "path", ["victim", "victim.address", "children", "children[]", "colour", "", "victim.nam", "."]
)
def test_a_path_that_is_no_leaf_makes_no_view(path: str) -> None:
    with pytest.raises(KeyError):
        View(INCIDENT, ["grade", path])


@pytest.mark.parametrize(
    "data",
    [
        {"victim": {"name": {"first": "A", "secret": "B"}}},
        {"victim": {"name": ["A"]}},
        {"victim": {"name": 5}},
        {"victim": ["A"]},
        {"victim": "A"},
        [],
        None,
    ],
)
def test_an_object_cannot_pass_where_a_scalar_is_named(data: Any) -> None:
    with pytest.raises(msgspec.ValidationError):
        View(INCIDENT, ["victim.name"]).project(json.dumps(data).encode())


@pytest.mark.parametrize("value", [{"a": 1}, [["a"]], [{"a": 1}], "text", [1], [None]])
def test_a_list_of_scalars_holds_nothing_else(value: Any) -> None:
    with pytest.raises(msgspec.ValidationError):
        View(INCIDENT, ["offences"]).project(json.dumps({"offences": value}).encode())


def test_the_type_of_a_view_has_scalar_leaves_only() -> None:
    everything = View(INCIDENT, leaves(INCIDENT)).project(b"{}")

    def scalars(struct: Any) -> set[Any]:
        found = set()
        for field in msgspec.structs.fields(struct):
            (inner,) = (arm for arm in field.type.__args__ if arm is not type(None))
            inner = inner.__args__[0] if getattr(inner, "__origin__", None) is list else inner
            found |= scalars(inner) if issubclass(inner, msgspec.Struct) else {inner}
        return found

    assert scalars(type(everything)) == {str, int, bool}


def test_a_view_cannot_be_given_another_field_later() -> None:
    seen = View(INCIDENT, ["grade"]).project(b'{"grade":"high"}')
    with pytest.raises(AttributeError):
        seen.narrative = "x"  # type: ignore[attr-defined]


@pytest.mark.parametrize("event_type", TYPES)
def test_a_view_sees_what_a_copy_by_hand_sees(event_type: str) -> None:
    model = CATALOGUE[event_type]

    @QUICK
    @given(events(types=[event_type]), subsets(list(leaves(model))))
    def agree(event: dict[str, Any], fields: list[str]) -> None:
        view = View(model, fields)
        seen = json.loads(msgspec.json.encode(view.project(json.dumps(event["data"]).encode())))
        assert seen == project(event["data"], fields)

    agree()


def test_a_reader_gives_none_for_what_is_missing_anywhere_on_the_way() -> None:
    read, getters = reader(INCIDENT, ["grade", "victim.address.postcode", "offences"])
    postcode = getters["victim.address.postcode"]
    assert set(getters) == {"grade", "victim.address.postcode", "offences"}
    assert postcode(read(json.dumps(DATA).encode())) == "WR1 1AA"
    assert getters["offences"](read(json.dumps(DATA).encode())) == ["assault", "stalking"]
    missing: list[Any] = [{}, {"victim": None}, {"victim": {}}, {"victim": {"address": None}}]
    for data in missing:
        facts = read(json.dumps(data).encode())
        assert postcode(facts) is getters["grade"](facts) is None


def test_a_reader_of_nothing_still_reads_an_object() -> None:
    read, getters = reader(INCIDENT, [])
    assert getters == {}
    read(b'{"grade": "high"}')
    with pytest.raises(msgspec.DecodeError):
        read(b"garbage")
