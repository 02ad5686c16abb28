"""Synthetic incidents: who is in them cannot exist, and nothing else changes when a line does."""

import re
from datetime import UTC, datetime
from itertools import islice

import pytest
from nhs_number.constants import REGION_SYNTHETIC
from nhs_number.validate import is_valid

from concordat.publish.police_uk import CRIME_RECORDED
from concordat.publish.synthetic_incidents import incident_seeded_from, incidents_seeded_from
from concordat_events.envelope import Event, read_event, write_event
from concordat_events.lines.community_safety import CrimeRecorded, Place
from concordat_events.lines.domestic_abuse import IncidentRecorded


def crime(number: int, category: str = "violence-and-sexual-offences") -> Event:
    return Event(
        id=f"crime-{number:08d}",
        source="//west-mercia-police",
        type=CRIME_RECORDED,
        time=datetime(2025, 12, 1, tzinfo=UTC),
        subject=f"case-{number:08d}",
        data=CrimeRecorded(
            category=category,
            month="2025-12",
            location=Place(lsoa_code="E01032138", lsoa_name="Redditch 001A"),
            district="Redditch",
        ),
    )


def details(event: Event) -> IncidentRecorded:
    assert isinstance(event.data, IncidentRecorded)
    return event.data


@pytest.fixture(scope="module")
def incidents() -> list[Event]:
    return list(incidents_seeded_from(crime(number) for number in range(3000)))


def test_about_one_in_five_violent_crimes_seeds_an_incident(incidents: list[Event]) -> None:
    assert 0.17 < len(incidents) / 3000 < 0.23


def test_no_other_crime_seeds_one() -> None:
    others = (crime(number, "drugs") for number in range(1000))
    assert list(incidents_seeded_from(others)) == []


def test_the_share_can_be_none_or_all() -> None:
    assert list(incidents_seeded_from(map(crime, range(100)), percent=0)) == []
    assert len(list(incidents_seeded_from(map(crime, range(100)), percent=100))) == 100


def test_an_incident_seeds_no_incident(incidents: list[Event]) -> None:
    assert all(incident_seeded_from(incident, 100) is None for incident in incidents)


def test_the_same_crime_seeds_the_same_incident_whatever_stands_beside_it(
    incidents: list[Event],
) -> None:
    alone = [incident_seeded_from(crime(number)) for number in range(2999, -1, -7)]
    assert {write_event(event) for event in alone if event} <= set(map(write_event, incidents))


def test_every_incident_is_one_the_exchange_accepts(incidents: list[Event]) -> None:
    for incident in incidents:
        assert write_event(read_event(write_event(incident))) == write_event(incident)


def test_every_incident_is_marked_and_is_a_case_of_its_own(incidents: list[Event]) -> None:
    assert all(incident.synthetic for incident in incidents)
    cases = {incident.subject for incident in incidents}
    assert len(cases) == len({incident.id for incident in incidents}) == len(incidents)
    assert cases.isdisjoint(crime(number).subject for number in range(3000))


def test_an_incident_is_at_the_place_and_in_the_month_of_its_crime(incidents: list[Event]) -> None:
    for incident in incidents:
        data = details(incident)
        assert data.location is not None
        assert (data.location.district, data.location.lsoa_code) == ("Redditch", "E01032138")
        assert (data.occurred_at.year, data.occurred_at.month) == (2025, 12)
        assert data.recorded_at is not None
        assert data.occurred_at < data.recorded_at == incident.time
        assert data.recorded_at < datetime(2026, 1, 1, tzinfo=UTC)


def test_a_crime_without_a_place_seeds_an_incident_without_one() -> None:
    placeless = (
        event.model_copy(
            update={"data": CrimeRecorded(category="violence-and-sexual-offences", month="2024-02")}
        )
        for event in map(crime, range(50))
    )
    for incident in incidents_seeded_from(placeless, percent=100):
        location = details(incident).location
        assert location is not None
        assert location.district is location.lsoa_code is None


def test_every_nhs_number_is_valid_and_never_issued(incidents: list[Event]) -> None:
    numbers = [number for i in incidents if (number := details(i).victim.nhs_number)]
    assert len(numbers) > 300
    for number in numbers:
        assert is_valid(number, for_region=REGION_SYNTHETIC)


def test_no_postcode_can_be_issued(incidents: list[Event]) -> None:
    postcodes = re.findall(r'"postcode":"([^"]+)"', b"".join(map(write_event, incidents)).decode())
    assert len(postcodes) > 1000
    assert all(set(postcode[-2:]) <= set("CIKMOV") for postcode in postcodes)


def test_properties_and_schools_have_numbers_that_nobody_has(incidents: list[Event]) -> None:
    text = b"".join(map(write_event, incidents)).decode()
    assert {number[:3] for number in re.findall(r'"uprn":"([0-9]{12})"', text)} == {"999"}
    assert {number[:2] for number in re.findall(r'"school_urn":"([0-9]{6})"', text)} == {"99"}


def test_the_child_count_is_the_number_of_children_or_unknown(incidents: list[Event]) -> None:
    counts = [(d.child_count, len(d.children or ())) for d in map(details, incidents)]
    assert all(count in (None, number) for count, number in counts)
    assert {count for count, _ in counts} == {None, 0, 1, 2, 3}


def test_children_are_children_and_parties_are_adults_on_the_day(incidents: list[Event]) -> None:
    for data in map(details, incidents):
        day = data.occurred_at.date()
        assert data.victim.dob is not None
        assert (day - data.victim.dob).days >= 18 * 365
        assert all(c.dob and 0 < (day - c.dob).days < 18 * 365 for c in data.children or ())


def test_grades_consents_and_unknowns_all_occur(incidents: list[Event]) -> None:
    found = [details(incident) for incident in incidents]
    assert {data.grade for data in found} == {"standard", "medium", "high"}
    assert {data.consent for data in found} == {"given", "refused", "not_sought_unsafe"}
    assert {data.safe_contact is None for data in found} == {True, False}
    assert {data.victim.care_needs for data in found} == {True, False, None}
    ranges = {"standard": range(7), "medium": range(7, 14), "high": range(14, 28)}
    assert all(data.ticks in ranges[data.grade] for data in found)


def test_incidents_are_made_as_they_are_asked_for() -> None:
    def endless() -> object:
        number = 0
        while True:
            yield crime(number)
            number += 1

    assert len(list(islice(incidents_seeded_from(endless()), 5))) == 5  # type: ignore[arg-type]
