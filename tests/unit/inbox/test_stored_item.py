import json
from dataclasses import replace
from datetime import datetime

import msgspec

from concordat.agreements.disclosure import Disclosed
from concordat.agreements.reason import Reason
from concordat.inbox.cursor import Cursor
from concordat.inbox.page import link_after, write_item, write_page
from concordat.inbox.stored_item import Entry, MovedItem, StoredItem, judged_by, sort_items


class Standings:
    """Stops one (agreement, version, publisher) for one recipient; counts what it is asked."""

    def __init__(self, stopped: tuple[str, int, str], recipient: str, reason: Reason) -> None:
        self.stopped, self.recipient, self.reason = stopped, recipient, reason
        self.asked: list[datetime] = []

    def why_stopped(self, item: Disclosed, now: datetime) -> Reason | None:
        self.asked.append(now)
        same = (item.agreement, item.version, item.publisher) == self.stopped
        matches = same and item.recipient == self.recipient
        return self.reason if matches else None


def item(seq: int, agreement: str = "a", version: int = 1, publisher: str = "police") -> StoredItem:
    under = (publisher, agreement, version, "grade,children", "crime.v1")
    return StoredItem(seq, False, *under, json.dumps({"n": seq}))


def test_an_item_is_stopped_by_its_own_agreement_version_and_pair(now: datetime) -> None:
    items = [item(1), item(2, "b"), item(3, "a", 2), item(4, "a", 1, "health"), item(5)]
    standings = Standings(("a", 1, "police"), "womens-aid", Reason.WITHDRAWN)
    found = sort_items(items, standings, recipient="womens-aid", now=now)
    assert [each.seq for each in found.readable] == [2, 3, 4]
    assert [stub.seq for stub in found.stopped] == [1, 5]
    assert {stub.reason for stub in found.stopped} == {"WITHDRAWN"}
    assert found.stopped[0].because == Reason.WITHDRAWN.sentence
    assert standings.asked == [now] * 4  # once for each standing, not for each item
    other = sort_items(items, standings, recipient="probation", now=now)
    assert other.stopped == []


def test_sorting_again_stops_more_and_releases_nothing(now: datetime) -> None:
    items = [item(1), item(2, "b"), item(3, "c")]
    first = sort_items(
        items, Standings(("b", 1, "police"), "x", Reason.EXPIRED), recipient="x", now=now
    )
    later = Standings(("a", 1, "police"), "x", Reason.WITHDRAWN)
    again = first.sorted_again(later, recipient="x", now=now)
    assert [each.seq for each in again.readable] == [3]
    assert [(stub.seq, stub.reason) for stub in again.stopped] == [(1, "WITHDRAWN"), (2, "EXPIRED")]
    assert again.found
    assert not sort_items([], later, recipient="x", now=now).found


def test_a_page_holds_the_delivery_as_stored_and_nothing_of_what_is_stopped(now: datetime) -> None:
    standings = Standings(("b", 1, "police"), "womens-aid", Reason.EXPIRED)
    found = sort_items([item(1), item(2, "b")], standings, recipient="womens-aid", now=now)
    page = msgspec.json.decode(write_page("womens-aid", found, Cursor("g", 2), "/next"))
    assert page == {
        "agency": "womens-aid",
        "items": [{"seq": 1, "acknowledged": False, "delivery": {"n": 1}}],
        "stopped": [{"seq": 2, "reason": "EXPIRED", "because": Reason.EXPIRED.sentence}],
        "cursor": str(Cursor("g", 2)),
        "links": {"next": "/next"},
    }
    one = msgspec.json.decode(write_item(item(7)))
    assert one == {"seq": 7, "acknowledged": False, "delivery": {"n": 7}}


def test_a_stub_of_a_moved_item_is_shown_whatever_the_book_says(now: datetime) -> None:
    entries: list[Entry] = [
        MovedItem(1, Reason.RELEASED, 7),
        item(2, "b"),
        MovedItem(3, Reason.DECIDED_AGAIN, 8),
    ]
    standings = Standings(("b", 1, "police"), "x", Reason.SUSPENDED)
    found = sort_items(entries, standings, recipient="x", now=now)
    assert [(stub.seq, stub.reason, stub.moved_to) for stub in found.stopped] == [
        (1, "RELEASED", 7),
        (2, "SUSPENDED", None),
        (3, "DECIDED_AGAIN", 8),
    ]
    page = msgspec.json.decode(write_page("x", found, Cursor("g", 3), "/next"))
    assert [stub.get("moved_to") for stub in page["stopped"]] == [7, None, 8]
    assert "moved_to" not in page["stopped"][1]
    again = found.sorted_again(standings, recipient="x", now=now)
    assert again.stopped == found.stopped


def test_what_was_purged_is_withdrawn_whatever_is_in_force(now: datetime) -> None:
    in_force = Standings(("another", 1, "police"), "x", Reason.EXPIRED)
    found = sort_items([replace(item(1), body=None)], in_force, recipient="x", now=now)
    assert [(stub.seq, stub.reason) for stub in found.stopped] == [(1, "WITHDRAWN")]


def test_a_book_judges_up_to_the_first_item_that_was_decided_under_a_newer_one() -> None:
    entries: list[Entry] = [
        item(1),
        MovedItem(2, Reason.RELEASED, 5),
        replace(item(3), register_offset=8),
    ]
    assert judged_by(entries, 8) == entries
    assert judged_by(entries, 7) == entries[:2]
    assert judged_by(entries[2:], 7) == []
    assert judged_by([], 0) == []


def test_an_item_says_how_it_arrived_where_that_was_late() -> None:
    released = msgspec.json.decode(write_item(replace(item(7), arrived="released")))
    assert released == {
        "seq": 7,
        "acknowledged": False,
        "delivery": {"n": 7},
        "arrived": "released",
    }


def test_the_link_reads_on_in_the_same_way() -> None:
    cursor = Cursor("g", 2)
    plain = link_after(cursor, limit=5, wait=0, acknowledged=False)
    assert plain == f"/v1/inbox?after={cursor}&limit=5"
    full = link_after(cursor, limit=5, wait=3, acknowledged=True)
    assert full == f"/v1/inbox?after={cursor}&limit=5&wait=3&all=true"
