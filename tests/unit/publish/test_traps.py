"""For each trap: it is in the demonstration, and who must not receive which value of it."""

from pathlib import Path

import pytest

from concordat.publish.bans import Ban, bans_in
from concordat.publish.demo_data import demo_events
from concordat.publish.row_fault import RowFault
from concordat.publish.traps import TRAPS, Trap, trap_in
from concordat_events.envelope import Event, write_event
from concordat_events.leaves import leaves
from concordat_events.lines.domestic_abuse import (
    Address,
    AllegedPerpetrator,
    IncidentRecorded,
    SafeContact,
)

DEMO_FILE = Path(__file__).parents[3] / "demo" / "2025-12-west-mercia-street.csv"


def refuse(fault: RowFault) -> None:
    raise AssertionError(fault)


@pytest.fixture(scope="module")
def demonstration() -> list[Event]:
    return list(demo_events(DEMO_FILE, refuse))


@pytest.fixture(scope="module")
def bans(demonstration: list[Event]) -> list[Ban]:
    return list(bans_in(demonstration))


def trapped(demonstration: list[Event], trap: Trap) -> list[Event]:
    return [
        event
        for event in demonstration
        if isinstance(event.data, IncidentRecorded) and trap_in(event.id) is trap
    ]


def details(event: Event) -> IncidentRecorded:
    assert isinstance(event.data, IncidentRecorded)
    return event.data


def suspect(event: Event) -> AllegedPerpetrator:
    found = details(event).alleged_perpetrator
    assert found is not None
    return found


def home(event: Event) -> Address:
    found = details(event).victim.address
    assert found is not None
    return found


def contact(event: Event) -> SafeContact:
    found = details(event).safe_contact
    assert found is not None
    return found


def banned(bans: list[Ban], event: Event, agency: str | None) -> set[tuple[str, str]]:
    """What must not reach `agency`, alone or as part of everybody, on this event's case."""
    return {
        (ban.path, ban.value)
        for ban in bans
        if ban.event_id == event.id and ban.agency in (None, agency)
    }


@pytest.mark.parametrize("trap", Trap)
def test_every_run_holds_some_of_each_trap_in_several_districts(
    demonstration: list[Event], trap: Trap
) -> None:
    found = trapped(demonstration, trap)
    places = [details(event).location for event in found]
    assert len(found) >= 10
    assert len({place.district for place in places if place and place.district}) >= 4


@pytest.mark.parametrize("trap", Trap)
def test_every_trap_names_fields_that_incidents_have(trap: Trap) -> None:
    paths = {rule.path for rule in TRAPS[trap]}
    assert paths
    assert paths <= {"", *leaves(IncidentRecorded)}


def test_a_moved_victims_new_address_reaches_nobody_and_her_name_not_probation(
    demonstration: list[Event], bans: list[Ban]
) -> None:
    for event in trapped(demonstration, Trap.OLD_SHARED_ADDRESS):
        new, old = home(event), suspect(event).address
        assert old is not None
        assert (new.kind, old.kind) == ("new", "former_shared")
        assert new.line != old.line
        for_anybody = banned(bans, event, None)
        assert ("victim.address.line", new.line) in for_anybody
        assert ("victim.address.postcode", new.postcode) in for_anybody
        assert ("victim.address.uprn", new.uprn) in for_anybody
        assert ("alleged_perpetrator.address.line", old.line) in for_anybody
        # Probation works with the perpetrator, and would otherwise be told of this one.
        assert suspect(event).supervised
        for_probation = banned(bans, event, "probation")
        assert ("victim.name", details(event).victim.name) in for_probation
        assert ("safe_contact.window", contact(event).window) in for_probation


def test_a_new_partners_file_tells_nothing_of_the_former_partner(
    demonstration: list[Event], bans: list[Ban]
) -> None:
    events = trapped(demonstration, Trap.NEW_PARTNER)
    of_one_perpetrator = [e for e in events if suspect(e).ref == suspect(events[0]).ref]
    assert len(of_one_perpetrator) > 1
    assert len({details(event).victim.ref for event in of_one_perpetrator}) == len(
        of_one_perpetrator
    )
    for event in of_one_perpetrator:
        for other in of_one_perpetrator:
            pair = ("victim.name", str(details(other).victim.name))
            assert (pair in banned(bans, event, None)) == (other is not event)
        assert ("narrative", details(event).narrative) in banned(bans, event, None)
        intelligence = banned(bans, event, "womens-aid")
        assert ("alleged_perpetrator.name", suspect(event).name) in intelligence
        assert ("alleged_perpetrator.warnings", "violence") in intelligence


def test_the_agency_that_employs_the_alleged_perpetrator_receives_nothing_at_all(
    demonstration: list[Event], bans: list[Ban]
) -> None:
    denied = set()
    for event in trapped(demonstration, Trap.EMPLOYED_BY_AN_AGENCY):
        (employer,) = event.denied
        assert ("", event.id) in banned(bans, event, employer)
        assert employer in str(details(event).narrative)
        assert [e for e in demonstration if e.subject == event.subject] == [event]
        data = details(event)
        # It would be told but for `withholdfrom`.
        assert data.child_count
        assert data.grade == "high"
        assert data.victim.care_needs
        assert suspect(event).supervised
        denied.add(employer)
    assert denied == {
        "adult-social-care",
        "childrens-social-care",
        "probation",
        "worcestershire-health",
    }


def test_a_refuge_reaches_nobody_by_address_or_by_kind(
    demonstration: list[Event], bans: list[Ban]
) -> None:
    for event in trapped(demonstration, Trap.REFUGE):
        refuge = home(event)
        for_anybody = banned(bans, event, None)
        assert ("victim.address.kind", "refuge") in for_anybody
        assert ("victim.address.line", refuge.line) in for_anybody
        assert ("victim.address.postcode", refuge.postcode) in for_anybody
        assert ("narrative", details(event).narrative) in for_anybody
        assert str(refuge.line) in str(details(event).narrative)
        assert suspect(event).supervised
        assert ("safe_contact.method", contact(event).method) in banned(bans, event, "probation")


def test_two_people_with_one_name_and_birth_date_are_not_merged(
    demonstration: list[Event], bans: list[Ban]
) -> None:
    by_identity: dict[tuple[object, object], list[Event]] = {}
    for event in trapped(demonstration, Trap.NAMESAKES):
        victim = details(event).victim
        by_identity.setdefault((victim.name, victim.dob), []).append(event)
    assert max(len(namesakes) for namesakes in by_identity.values()) > 1
    for namesakes in by_identity.values():
        for event in namesakes:
            for other in namesakes:
                victim = details(other).victim
                pairs = {("victim.ref", victim.ref), ("victim.nhs_number", victim.nhs_number)}
                found = banned(bans, event, None) & pairs
                assert found == (set() if other is event else pairs)


def test_nothing_is_banned_on_a_case_that_has_no_trap(
    demonstration: list[Event], bans: list[Ban]
) -> None:
    expected = {event.subject for trap in Trap for event in trapped(demonstration, trap)}
    assert {ban.case for ban in bans} <= expected


def test_only_the_employers_traps_withhold_and_no_other_event_does(
    demonstration: list[Event],
) -> None:
    denying = {event.id for event in demonstration if event.denied}
    assert denying == {e.id for e in trapped(demonstration, Trap.EMPLOYED_BY_AN_AGENCY)}


def test_a_trapped_value_is_in_the_event_that_it_is_banned_for_or_in_the_others(
    demonstration: list[Event], bans: list[Ban]
) -> None:
    written = b"".join(write_event(event) for event in demonstration if event.synthetic).decode()
    for ban in bans[::10]:
        assert ban.value in written
