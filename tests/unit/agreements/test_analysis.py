"""Who may see a field, what an agency may receive, what nobody receives: over a whole book."""

import json
from random import Random
from typing import Any

import pytest

from builders import agreement_of, share_of
from concordat.agreements.analysis import (
    TypeGaps,
    gaps,
    permissions,
    published_fields,
    receives,
    who_sees,
)
from concordat.agreements.document import Agreement
from concordat_events.catalogue import CATALOGUE
from concordat_events.leaves import leaves
from unit.agreements.shown.draw import AGENCIES, Plain
from unit.agreements.shown.draw import agreement_of as drawn_of
from unit.agreements.shown.from_plain import rules_of_plain

INCIDENT = "domestic-abuse.incident-recorded.v1"
CRIME = "community-safety.crime-recorded.v1"


def _share(**changes: Any) -> dict[str, Any]:
    return share_of(event=INCIDENT, **changes)


def _receivers(agreements: list[Agreement], field: str) -> dict[str, list[str]]:
    """Per published field, the agencies that may receive it."""
    return {
        seen.leaf.path: [sight.permission.recipient for sight in seen.sights]
        for seen in who_sees(agreements, field, CATALOGUE)
        if seen.event == INCIDENT
    }


def _gaps_of(agreements: list[Agreement], event: str) -> TypeGaps | None:
    return next((each for each in gaps(agreements, CATALOGUE) if each.event == event), None)


def test_a_field_is_seen_by_whom_a_share_sends_it() -> None:
    book = [
        agreement_of(shares=[_share(send=["victim.dob"])]),
        agreement_of(id="second", shares=[_share(to=["womens-aid"], send=["victim.dob"])]),
    ]
    assert _receivers(book, "victim.dob") == {"victim.dob": ["social-care", "womens-aid"]}
    assert _receivers(book[:1], "victim.dob") == {"victim.dob": ["social-care"]}


def test_a_part_of_the_event_stands_for_every_field_in_it() -> None:
    book = [agreement_of(shares=[_share(send=["children[].name"])])]
    paths = [path for path in leaves(CATALOGUE[INCIDENT]) if path.startswith("children[].")]
    for part in ("children", "children[]"):
        found = _receivers(book, part)
        assert list(found) == paths
        assert found["children[].name"] == ["social-care"]
        assert found["children[].dob"] == []


def test_the_beginning_of_a_name_is_no_part() -> None:
    assert who_sees([], "child", {INCIDENT: CATALOGUE[INCIDENT]}) == []
    assert "child_count" not in _receivers([], "children")


def test_a_coarsened_field_is_seen_under_its_name() -> None:
    book = [agreement_of(shares=[_share(send=[{"field": "victim.dob", "as": "year"}])])]
    (seen,) = [each for each in who_sees(book, "victim.dob", CATALOGUE) if each.event == INCIDENT]
    assert [sight.name for sight in seen.sights] == ["victim.dob as year"]


def test_never_send_wins() -> None:
    book = [agreement_of(shares=[_share(send=["victim.dob"])], never_send=["victim.dob"])]
    assert _receivers(book, "victim.dob") == {"victim.dob": []}


def test_a_condition_tells_without_sending() -> None:
    when = [{"field": "grade", "is": "high"}, {"field": "consent", "is": "given"}]
    book = [agreement_of(shares=[_share(when=when, send=["consent"])])]
    told = {
        field: [each.recipient for seen in who_sees(book, field, CATALOGUE) for each in seen.told]
        for field in ("grade", "consent", "narrative")
    }
    assert told == {"grade": ["social-care"], "consent": [], "narrative": []}


def test_the_identifier_that_picks_a_recipient_tells_without_sending() -> None:
    to = [{"group": "carers", "whose": "gss", "is": "location.lsoa_code"}]
    book = [agreement_of(groups={"carers": ["womens-aid"]}, shares=[_share(to=to, send=["ref"])])]
    (seen,) = [
        each for each in who_sees(book, "location.lsoa_code", CATALOGUE) if each.event == INCIDENT
    ]
    assert [each.recipient for each in seen.told] == ["womens-aid"]
    assert seen.sights == ()


def test_nobody_receives_its_own_events() -> None:
    both = ["police", "social-care"]
    book = [agreement_of(shares=[share_of(**{"from": both, "to": both})])]
    pairs = [(each.publisher, each.recipient) for each in permissions(book)]
    assert pairs == [("social-care", "police"), ("police", "social-care")]


def test_an_agency_receives_what_names_it_by_type_and_publisher() -> None:
    book = [
        agreement_of(
            shares=[
                _share(id="b", send=["grade"], when=[{"field": "grade", "is": "high"}]),
                share_of(id="a", **{"from": ["womens-aid", "police"]}),
                share_of(id="not-ours", to=["womens-aid"]),
            ]
        )
    ]
    found = [
        (each.share.event, each.publisher, each.share.id) for each in receives(book, "social-care")
    ]
    assert found == [
        (CRIME, "police", "a"),
        (CRIME, "womens-aid", "a"),
        (INCIDENT, "police", "b"),
    ]
    assert receives(book, "police") == []


def test_a_type_without_a_share_is_a_gap_as_a_whole() -> None:
    found = _gaps_of([agreement_of()], INCIDENT)
    assert found
    assert not found.shared
    assert [gap.leaf.path for gap in found.fields] == list(leaves(CATALOGUE[INCIDENT]))


def test_a_share_that_reaches_nobody_but_its_publisher_shares_nothing() -> None:
    found = _gaps_of([agreement_of(shares=[share_of(to=["police"])])], CRIME)
    assert found
    assert not found.shared


def test_what_is_sent_is_no_gap_and_the_rest_says_why() -> None:
    share = _share(
        send=["grade", {"field": "victim.dob", "as": "year"}],
        sealed=["safe_contact.method"],
        when=[{"field": "consent", "is": "given"}],
    )
    found = _gaps_of([agreement_of(shares=[share], never_send=["narrative"])], INCIDENT)
    assert found
    assert found.shared
    missing = {gap.leaf.path: gap for gap in found.fields}
    assert missing.keys().isdisjoint({"grade", "safe_contact.method"})
    assert missing["victim.dob"].coarsened == ("victim.dob as year",)
    assert missing["consent"].asked
    assert missing["narrative"].forbidden == ("test-agreement v1",)
    assert missing["location.postcode"].leaf.sealed
    plain = missing["tool"]
    assert (plain.coarsened, plain.asked, plain.forbidden) == ((), False, ())


def test_a_type_of_which_everything_is_received_is_no_gap() -> None:
    fields = list(leaves(CATALOGUE[CRIME]))
    assert _gaps_of([agreement_of(shares=[share_of(send=fields)])], CRIME) is None


def test_published_fields_are_the_fields_and_the_parts_they_lie_in() -> None:
    names = published_fields({INCIDENT: CATALOGUE[INCIDENT]})
    assert {"victim", "victim.address", "victim.address.line", "children[]", "grade"} <= set(names)
    assert len(names) == len(set(names))
    assert all(who_sees([], name, CATALOGUE) for name in names)


@pytest.mark.parametrize("seed", range(5))
def test_the_answers_are_those_of_the_matrices(seed: int) -> None:
    random = Random(seed)
    book = [drawn_of(random) for _ in range(4)]
    agreements = [Agreement.model_validate_json(json.dumps(each)) for each in book]
    sights = {
        (seen.event, sight.name, sight.permission.publisher, sight.permission.recipient)
        for path in {path for model in CATALOGUE.values() for path in leaves(model)}
        for seen in who_sees(agreements, path, CATALOGUE)
        for sight in seen.sights
    }
    expected = _expected(book)
    assert sights == {each for each in expected if _is_published(each)}
    for agency in AGENCIES:
        assert {
            (each.share.event, name, each.publisher, agency)
            for each in receives(agreements, agency)
            for name in each.names
        } == {each for each in expected if each[3] == agency}
    whole = {(event, name) for event, name, _, _ in expected if " as " not in name}
    assert {
        (each.event, gap.leaf.path) for each in gaps(agreements, CATALOGUE) for gap in each.fields
    } == {(event, path) for event, model in CATALOGUE.items() for path in leaves(model)} - whole


def _expected(book: list[Plain]) -> set[tuple[str, str, str, str]]:
    """Event, name, publisher and recipient of all that any agreement sends."""
    return {
        (event, name, permit[0], recipient)
        for document in book
        for event, matrix in rules_of_plain(document, CATALOGUE)["matrix"].items()
        for recipient, row in matrix.items()
        for name, permits in row.items()
        for permit in permits
        if name != "the delivery itself"
    }


def _is_published(found: tuple[str, str, str, str]) -> bool:
    event, name, _, _ = found
    return event in CATALOGUE and name.partition(" as ")[0] in leaves(CATALOGUE[event])
