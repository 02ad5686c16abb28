from dataclasses import replace
from datetime import datetime
from typing import Any

from builders import Exchange, agreement_of
from concordat.agreements.document import Agreement
from concordat.inbox.direct_items import DirectItem, Stretch, direct_versions, feedable
from concordat.inbox.stored_item import StoredItem

CARE = "social-care"
DIRECT = {"acts_as": "controller", "keep_days": 30, "direct": True}


def agreement(version: int = 1, *direct: str, **changes: Any) -> Agreement:
    parties = {name: each.model_dump() for name, each in agreement_of().parties.items()}
    parties |= dict.fromkeys(direct, DIRECT)
    return agreement_of(version=version, parties=parties, **changes)


def item(seq: int, register_offset: int = 0, version: int = 1, *, settled: bool = True) -> Any:
    under = (
        "police",
        "test-agreement",
        version,
        "all-crimes",
        "community-safety.crime-recorded.v1",
    )
    stored = StoredItem(seq, False, *under, "{}", register_offset=register_offset)
    return DirectItem(stored, "case-0001", settled)


def exchange(*, suspended: bool = False) -> Exchange:
    register = Exchange()
    register.add(agreement(1, CARE))
    if suspended:
        register.notify(agreement(1, CARE), "council", "suspend")
    return register


def looked_at(register: Exchange, now: datetime, *items: DirectItem) -> tuple[list[int], int]:
    """Which numbers are fed, and up to which the inbox is looked at."""
    versions = direct_versions(register.book.register.agreements).get(CARE, frozenset())
    stretch = Stretch(5, items, 20)
    found = feedable(stretch, register.book, versions, agency=CARE, now=now)
    assert found.after == stretch.after
    return [each.item.seq for each in found.items], found.through


def test_an_agency_is_direct_in_the_versions_that_say_so() -> None:
    known = {
        "test-agreement": {1: agreement(1), 2: agreement(2, CARE), 3: agreement(3, CARE, "police")},
        "another": {1: agreement(1, CARE, id="another")},
        "a-third": {1: agreement(1, id="a-third")},
    }
    assert direct_versions(known) == {
        CARE: {("test-agreement", 2), ("test-agreement", 3), ("another", 1)},
        "police": {("test-agreement", 3)},
    }


def test_what_may_be_read_is_fed_and_all_was_looked_at(now: datetime) -> None:
    assert looked_at(exchange(), now, item(7), item(9, settled=False)) == ([7, 9], 20)
    assert looked_at(exchange(), now) == ([], 20)


def test_what_is_stopped_is_passed_over_once_no_clock_can_be_the_reason(now: datetime) -> None:
    register = exchange(suspended=True)
    assert looked_at(register, now, item(7), item(9)) == ([], 20)
    assert looked_at(register, now, item(7), item(9, settled=False), item(11)) == ([], 8)


def test_what_is_newer_than_the_book_waits_and_all_after_it(now: datetime) -> None:
    register = exchange()
    offset = register.book.register_offset
    assert looked_at(register, now, item(7, offset), item(9)) == ([7, 9], 20)
    assert looked_at(register, now, item(7), item(9, offset + 1), item(11)) == ([7], 8)


def test_a_version_in_which_the_agency_is_not_direct_gives_nothing(now: datetime) -> None:
    register = exchange()
    register.add(agreement(2))
    assert looked_at(register, now, item(7), item(9, version=2)) == ([7], 20)


def test_what_was_purged_is_stopped(now: datetime) -> None:
    purged = item(7)
    purged = replace(purged, item=replace(purged.item, body=None))
    assert looked_at(exchange(), now, purged, item(9)) == ([9], 20)
