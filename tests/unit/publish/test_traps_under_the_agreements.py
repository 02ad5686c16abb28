"""The demonstration routed under the published agreements: no trap springs, and each could."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from builders import NOW, Exchange
from concordat.agreements.book import Book
from concordat.agreements.checking.reading import read_agency, read_agreement
from concordat.agreements.document import Agreement
from concordat.kafka.topics import Topics
from concordat.publish.bans import Ban, bans_in
from concordat.publish.demo_data import demo_events
from concordat.publish.traps import TRAPS, Trap
from concordat.stages.record import Record
from concordat.stages.route import route_stage
from concordat.stages.routed import RoutedRecord, read_routed
from concordat_events.envelope import CONTENT_TYPE, Event, write_event

RECIPIENTS = (
    "adult-social-care",
    "childrens-social-care",
    "probation",
    "womens-aid",
    "worcestershire-health",
)
ROOT = Path(__file__).parents[3]
DEMO_FILE = ROOT / "demo" / "2025-12-west-mercia-street.csv"

Delivered = dict[tuple[str, str], list[Any]]
"""The deliveries, read as JSON, by agency and case."""


@pytest.fixture(scope="module")
def book() -> Book:
    """Every published agreement, signed by everybody: nobody is kept out by a missing signature."""
    controllers: dict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "contracts" / "agencies").glob("*.yaml")):
        agency = read_agency(path.read_text(encoding="utf-8"), name=path.name).document
        assert agency is not None
        controllers[agency.controller].append(agency.id)
    exchange = Exchange(controllers)
    for agreement in agreements():
        exchange.add(agreement)
    return exchange.book


def agreements() -> Iterator[Agreement]:
    for path in sorted((ROOT / "contracts" / "agreements").glob("*.yaml")):
        reading = read_agreement(path.read_text(encoding="utf-8"), name=path.name)
        assert reading.document is not None, reading.faults
        yield reading.document


@pytest.fixture(scope="module")
def demonstration() -> list[Event]:
    return list(demo_events(DEMO_FILE, lambda _: None))


def routed(events: list[Event], book: Book) -> Iterator[RoutedRecord]:
    topics = Topics()
    records = [
        Record(
            topic=topics.incidents,
            partition=0,
            offset=offset,
            key=event.subject.encode(),
            value=write_event(event),
            content_type=CONTENT_TYPE,
        )
        for offset, event in enumerate(events)
    ]
    for output in route_stage(topics, b"a key")(records, book, NOW):
        assert output.topic == topics.routed
        yield read_routed(output.value)


def deliveries(events: list[Event], book: Book) -> Delivered:
    found: Delivered = defaultdict(list)
    for record in routed(events, book):
        for shared in record.shared:
            found[shared.agency, record.subject].append(msgspec.json.decode(shared.delivery))
    return found


@pytest.fixture(scope="module")
def delivered(demonstration: list[Event], book: Book) -> Delivered:
    return deliveries(demonstration, book)


def texts(found: Any) -> Iterator[str]:
    if isinstance(found, str):
        yield found
    elif isinstance(found, dict):
        for value in found.values():
            yield from texts(value)
    elif isinstance(found, list):
        for value in found:
            yield from texts(value)


def broken(bans: list[Ban], delivered: Delivered) -> list[Ban]:
    """The bans that a delivery breaks."""
    texts_of = {key: [*texts(found)] for key, found in delivered.items()}
    agencies = sorted({agency for agency, _ in delivered})
    return [
        ban
        for ban in bans
        for agency in (agencies if ban.agency is None else [ban.agency])
        if any(ban.value in text for text in texts_of.get((agency, ban.case), ()))
    ]


def test_no_banned_value_reaches_whom_it_must_not_reach(
    demonstration: list[Event], delivered: Delivered
) -> None:
    assert broken(list(bans_in(demonstration)), delivered) == []


@pytest.mark.parametrize("trap", Trap)
def test_cases_with_a_trap_are_delivered_to_others_so_that_each_ban_means_something(
    trap: Trap, demonstration: list[Event], delivered: Delivered
) -> None:
    cases = {ban.case for ban in bans_in(demonstration) if ban.trap is trap}
    told = {agency for agency, case in delivered if case in cases}
    assert {"childrens-social-care", "probation"} <= told


def test_the_bans_find_a_delivery_that_holds_everything(demonstration: list[Event]) -> None:
    bans = list(bans_in(demonstration))
    cases = {ban.case for ban in bans}
    whole = {
        (agency, event.subject): [{"originid": event.id, **msgspec.json.decode(write_event(event))}]
        for event in demonstration
        for agency in RECIPIENTS
        if event.subject in cases and event.synthetic and event.publisher == "west-mercia-police"
    }
    in_own_case = {
        ban
        for ban in bans
        if any(ban.value in text for text in texts(whole["probation", ban.case]))
    }
    assert set(broken(bans, whole)) == in_own_case
    # The others are values of a person's other case, which no event of this one has.
    rules = {(rule.path, rule.of_the_other) for trap in Trap for rule in TRAPS[trap]}
    assert {(ban.path, ban not in in_own_case) for ban in bans} == rules


def test_the_denied_employer_would_have_been_told_but_for_the_publishers_denial(
    demonstration: list[Event], book: Book, delivered: Delivered
) -> None:
    denying = [event for event in demonstration if event.denied]
    open_to_all = [event.model_copy(update={"withholdfrom": None}) for event in denying]
    without = deliveries(open_to_all, book)
    for event in denying:
        for agency in event.denied:
            assert (agency, event.subject) in without
            assert (agency, event.subject) not in delivered
    assert broken(list(bans_in(denying)), without)


def test_every_service_of_the_demonstration_receives_something(delivered: Delivered) -> None:
    assert {agency for agency, _ in delivered} >= {
        "adult-social-care",
        "childrens-social-care",
        "hereford-worcester-fire",
        "probation",
        "redditch-borough-council",
        "west-mercia-police",
        "womens-aid",
        "worcester-city-council",
        "worcestershire-health",
        "wyre-forest-district-council",
        "wyre-forest-housing",
    }
