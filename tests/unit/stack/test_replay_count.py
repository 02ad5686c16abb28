"""What a replay gives is exactly what deliver would number; the rest is counted by what it is."""

from typing import Any

import msgspec
import pytest

from concordat.agreements.decision import Withheld
from concordat.agreements.reason import Reason
from concordat.deliver.numbering import Stored, number
from concordat.deliver.read_record import read_record
from concordat.deliver.rows import Decided
from concordat.postgres.replayed import Admissions, Copy
from concordat.stack.replay_count import EXAMPLES, ReplayCount, Standing, standing_of, to_give
from concordat.stages.routed import RoutedRecord, SharedRecord, write_routed

FIRSTS = Admissions(frozenset({(0, 7)}), frozenset({(0, 8)}))


def shared(delivery_id: str, version: int = 1, *shares: str) -> SharedRecord:
    return SharedRecord(
        agency="womens-aid",
        id=delivery_id,
        agreement="an-agreement",
        version=version,
        digest="d",
        law="a-law",
        shares=list(shares or ("a-share",)),
        fields=["grade"],
        delivery=msgspec.Raw(b"{}"),
    )


def routed(*given: SharedRecord, **changes: Any) -> RoutedRecord:
    whole: dict[str, Any] = {
        "source": "//police",
        "id": "event-0001",
        "type": "a.type.v1",
        "subject": "case-0001",
        "time": "2026-01-01T00:00:00Z",
        "publisher": "police",
        "admission": (0, 7),
        "content": "",
        "register": 1,
        "decided_at": "2026-01-01T00:00:00Z",
        "shared": list(given),
        "withheld": [],
        "replay": "replay-1",
    }
    return RoutedRecord(**{**whole, **changes})


@pytest.mark.parametrize(
    "copies",
    [
        {},
        {"one": Copy(1, collected=False)},
        {"one": Copy(1, collected=True)},
        {"one": Copy(2, collected=False), "two": Copy(2, collected=False)},
        {"one": Copy(3, collected=False), "two": Copy(1, collected=False)},
    ],
)
def test_it_gives_what_deliver_would_number(copies: dict[str, Copy]) -> None:
    record = routed(shared("one", 2), shared("two", 2))
    decided = read_record(0, 0, write_routed(record))
    assert isinstance(decided, Decided)
    taken = {
        ("womens-aid", delivery_id): Stored(seq, copy.version, copy.collected)
        for seq, (delivery_id, copy) in enumerate(copies.items(), 1)
    }
    numbered = number(decided.deliveries, {"womens-aid": len(copies)}, taken)
    given = to_give(record, copies)
    assert [each.id for each in given] == [row.id for row in numbered.given]
    count = ReplayCount()
    count.add(record, Standing.DECIDES, copies)
    assert (count.new, count.replaced) == (len(numbered.inserted), len(numbered.replaced))


def test_an_event_is_in_one_count() -> None:
    count = ReplayCount()
    here = {"one": Copy(1, collected=True)}
    withheld = Withheld("womens-aid", Reason.FIELD_UNKNOWN, field="consent")
    assert count.add(routed(shared("two")), Standing.DECIDES, here)
    assert not count.add(routed(shared("one")), Standing.DECIDES, here)
    assert not count.add(routed(withheld=[withheld]), Standing.DECIDES, here)
    assert not count.add(routed(), Standing.DECIDES, here)
    assert (count.delivering, count.delivered, count.unnamed) == (1, 1, 1)
    assert count.withheld == {(Reason.FIELD_UNKNOWN, "consent"): 1}
    assert count.admissions == {Standing.DECIDES: 4}


def test_what_is_in_the_inbox_is_not_told_as_coming() -> None:
    count = ReplayCount()
    record = routed(shared("one", 1, "a", "b"), shared("two", 1, "c"))
    given = count.add(record, Standing.DECIDES, {"two": Copy(1, collected=False)})
    assert [each.id for each in given] == ["one"]
    assert count.shares == {("an-agreement", "a"): 1, ("an-agreement", "b"): 1}


@pytest.mark.parametrize("standing", [each for each in Standing if each is not Standing.DECIDES])
def test_only_the_admission_that_decides_has_any_effect(standing: Standing) -> None:
    count = ReplayCount()
    assert count.add(routed(shared("one")), standing, {}) == []
    assert count == ReplayCount(admissions=count.admissions)
    assert count.admissions == {standing: 1}


@pytest.mark.parametrize(
    ("admission", "publisher", "standing"),
    [
        ((0, 7), "police", Standing.DECIDES),
        ((0, 8), "police", Standing.REPEAT),
        ((1, 7), "police", Standing.UNDECIDED),
        ((0, 7), "", Standing.UNREADABLE),
    ],
)
def test_an_admission_is_what_the_database_says_of_it(
    admission: tuple[int, int], publisher: str, standing: Standing
) -> None:
    assert standing_of(admission, routed(publisher=publisher), FIRSTS) is standing


def test_ten_events_are_named_and_all_of_it_is_json() -> None:
    count = ReplayCount()
    for number_ in range(30):
        event = routed(shared(f"delivery-{number_}"), id=f"event-{number_:04d}")
        count.add(event, Standing.DECIDES, {})
    count.add(routed(withheld=[Withheld("womens-aid", Reason.SUSPENDED)]), Standing.DECIDES, {})
    told = msgspec.json.decode(msgspec.json.encode(count.as_json()))
    assert told["examples"] == [f"event-{n:04d}" for n in range(EXAMPLES)]
    assert told["delivering"] == told["deliveries"]["new"] == 30
    assert told["withheld"] == [{"reason": "SUSPENDED", "field": None, "events": 1}]
    assert told["admissions"]["decides"] == 31
