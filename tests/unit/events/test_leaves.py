"""The words an agreement is written in: paths, kinds and sensitivity marks of every model."""

from typing import Annotated, Any

import pytest
from pydantic import Field

from concordat_events.catalogue import CATALOGUE
from concordat_events.fields import POSTCODE, Data, Line, N, S, Sensitivity, X
from concordat_events.leaves import Kind, leaves

INCIDENT = leaves(CATALOGUE["domestic-abuse.incident-recorded.v1"])
# A field is sealed where somebody can be found or reached, or what it says is intelligence.
SEALED = {
    "victim.address.kind",
    "victim.address.line",
    "victim.address.postcode",
    "victim.address.uprn",
    "alleged_perpetrator.address.kind",
    "alleged_perpetrator.address.line",
    "alleged_perpetrator.address.postcode",
    "alleged_perpetrator.address.uprn",
    "safe_contact.method",
    "safe_contact.window",
    "location.postcode",
    "location.uprn",
    "accounts",
    "afraid_of",
    "assessment",
    "child_ref",
    "companions",
    "conditions",
    "handling",
    "harm_where_living",
    "last_seen.place",
    "place",
    "placement.home_urn",
    "places",
    "safe_to_talk_to",
    "said",
    "source_grade",
    "suspected_exploiter.known_as",
    "suspected_exploiter.name",
    "suspected_exploiter.ref",
    "telephone",
    "text",
    "unsafe_to_talk_to",
    "vehicles",
    "with_whom",
}


@pytest.mark.parametrize("event_type", sorted(CATALOGUE))
def test_every_field_of_every_published_model_is_marked(event_type: str) -> None:
    known = leaves(CATALOGUE[event_type])
    assert all(isinstance(leaf.sensitivity, Sensitivity) for leaf in known.values())
    assert all(path == leaf.path for path, leaf in known.items())


def test_where_somebody_can_be_found_and_intelligence_are_sealed_and_nothing_else() -> None:
    sealed = {
        leaf.path for model in CATALOGUE.values() for leaf in leaves(model).values() if leaf.sealed
    }
    assert sealed == SEALED


@pytest.mark.parametrize(
    ("path", "kind", "many", "mark"),
    [
        ("occurred_at", Kind.INSTANT, False, "P"),
        ("victim.dob", Kind.DAY, False, "P"),
        ("victim.care_needs", Kind.BOOLEAN, False, "S"),
        ("children[].name", Kind.TEXT, False, "P"),
        ("offences", Kind.CODE, True, "S"),
        ("child_count", Kind.INTEGER, False, "S"),
        ("grade", Kind.CODE, False, "S"),
        ("safe_contact.window", Kind.TEXT, False, "X"),
        ("victim.address.kind", Kind.CODE, False, "X"),
    ],
)
def test_a_leaf_knows_what_it_holds(path: str, kind: Kind, many: bool, mark: str) -> None:
    leaf = INCIDENT[path]
    if path != "offences":
        assert leaf.kind is kind
    assert (leaf.many, leaf.sensitivity.value) == (many, mark)


def test_a_code_lists_its_values() -> None:
    assert INCIDENT["grade"].values == {"standard", "medium", "high"}
    assert INCIDENT["child_count"].values == frozenset()


def test_an_object_is_no_leaf() -> None:
    assert not {"victim", "victim.address", "children", "children[]", "location"} & set(INCIDENT)


def test_a_mark_stands_in_the_published_schema() -> None:
    schema = CATALOGUE["domestic-abuse.incident-recorded.v1"].model_json_schema()
    window = schema["$defs"]["SafeContact"]["properties"]["window"]
    assert "'x-sensitivity': 'X'" in str(window)


class Unmarked(Data):
    name: Line


class Inner(Data):
    name: Line


class UnmarkedInside(Data):
    inner: Annotated[Inner | None, Field()] = None


class AnyValue(Data):
    name: Annotated[dict[str, Any], N]


class NestedLists(Data):
    name: Annotated[list[list[str]], S]


@pytest.mark.parametrize("model", [Unmarked, UnmarkedInside])
def test_a_model_with_an_unmarked_field_cannot_be_published(model: type[Data]) -> None:
    with pytest.raises(TypeError, match="no sensitivity mark"):
        leaves(model)


@pytest.mark.parametrize("model", [AnyValue, NestedLists])
def test_a_field_that_no_agreement_could_name_cannot_be_published(model: type[Data]) -> None:
    with pytest.raises(TypeError, match="not a scalar"):
        leaves(model)


class MarkInsideTheUnion(Data):
    name: Annotated[Line, X] | None = None
    many: list[Annotated[Line, X]] | None = None


def test_a_mark_is_found_wherever_it_stands_in_the_annotation() -> None:
    assert all(leaf.sealed for leaf in leaves(MarkInsideTheUnion).values())
    assert leaves(MarkInsideTheUnion)["many"].many


def test_a_field_is_required_only_if_no_event_can_leave_it_empty() -> None:
    class Inner(Data):
        text: Annotated[str, N]

    class Model(Data):
        always: Annotated[str, N]
        may_be_null: Annotated[str | None, N]
        may_be_missing: Annotated[str, N] = "x"
        inner: Inner
        perhaps: Inner | None = None
        many: list[Inner]

    required = {path for path, leaf in leaves(Model).items() if leaf.required}
    assert required == {"always", "inner.text"}


def test_a_leaf_knows_the_limits_of_its_values_and_not_those_of_its_list() -> None:
    ticks, offences = INCIDENT["ticks"], INCIDENT["offences"]
    assert (ticks.minimum, ticks.maximum, ticks.required) == (0, 27, False)
    assert (offences.minimum, offences.maximum) == (None, None)
    assert INCIDENT["location.postcode"].pattern == POSTCODE
    assert INCIDENT["grade"].required
