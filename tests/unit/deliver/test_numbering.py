from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import NOW
from concordat.deliver.numbering import Stored, number
from concordat.deliver.rows import DeliveryRow, StubRow
from unit.deliver.records import decided

FIRST, LATER = (0, 1), (0, 2)


def row_of(version: int = 3, replay: str | None = None, name: str = "event-1") -> DeliveryRow:
    (row,) = decided(name, FIRST, "schools").deliveries
    return replace(row, version=version, replay=replay)


def test_numbers_go_on_without_gaps_for_each_agency() -> None:
    deliveries = [
        *decided("event-1", FIRST, "schools", "social-care").deliveries,
        *decided("event-2", LATER, "schools").deliveries,
    ]
    numbered = number(deliveries, {"schools": 7, "social-care": 0}, {})
    assert [(seq, one.agency) for seq, one in numbered.inserted] == [
        (8, "schools"),
        (1, "social-care"),
        (9, "schools"),
    ]
    assert numbered.last == {"schools": 9, "social-care": 1}
    assert numbered.given == deliveries


def test_a_delivery_that_is_there_already_takes_no_number() -> None:
    one, two = decided("event-1", FIRST, "schools", "social-care").deliveries
    last, taken = {"schools": 3, "social-care": 5}, {one.copy: Stored(1, 3, collected=False)}
    numbered = number([one, two, two], last, taken)
    assert numbered.inserted == [(6, two)]
    assert (numbered.replaced, numbered.stubs) == ({}, [])
    assert numbered.last == {"schools": 3, "social-care": 6}


def test_what_a_replay_shares_for_the_first_time_takes_the_next_number() -> None:
    row = row_of(replay="replay-1")
    numbered = number([row], {"schools": 3}, {})
    assert (numbered.inserted, numbered.stubs) == ([(4, row)], [])
    assert row.arrived == "replayed"
    assert row_of().arrived is None


def test_a_replay_takes_the_place_of_an_older_version_that_nobody_collected() -> None:
    row = row_of(version=4, replay="replay-1")
    numbered = number([row], {"schools": 3}, {row.copy: Stored(2, 3, False, NOW)})
    assert numbered.inserted == []
    assert numbered.replaced == {row.copy: (4, row)}
    # Whoever put the old number away is not shown it again.
    assert numbered.stubs == [StubRow("schools", 2, row.id, "DECIDED_AGAIN", 4, NOW)]
    assert numbered.given == [row]


@pytest.mark.parametrize(
    ("replay", "before"),
    [
        ("replay-1", Stored(2, 3, collected=True)),
        ("replay-1", Stored(2, 4, collected=False)),
        ("replay-1", Stored(2, 5, collected=False)),
        (None, Stored(2, 3, collected=False)),
    ],
    ids=["collected", "the same version", "a newer version", "not a replay"],
)
def test_any_other_copy_stays_as_it_is(replay: str | None, before: Stored) -> None:
    row = row_of(version=4, replay=replay)
    numbered = number([row], {"schools": 3}, {row.copy: before})
    assert (numbered.given, numbered.stubs, numbered.last) == ([], [], {"schools": 3})


def test_two_replays_in_one_batch_leave_a_stub_each() -> None:
    rows = [row_of(version, f"replay-{version}") for version in (4, 5)]
    numbered = number([row_of(), *rows], {"schools": 0}, {})
    assert [seq for seq, _ in numbered.inserted] == [1]
    assert numbered.replaced == {rows[0].copy: (3, rows[1])}
    assert [(stub.seq, stub.moved_to) for stub in numbered.stubs] == [(1, 2), (2, 3)]


_rows = st.builds(
    row_of,
    version=st.integers(1, 4),
    replay=st.sampled_from([None, "replay-1", "replay-2"]),
    name=st.sampled_from(["event-1", "event-2", "event-3"]),
)


@given(st.lists(_rows, max_size=12))
def test_every_number_is_given_once_and_leads_to_an_item_or_a_stub(rows: list[DeliveryRow]) -> None:
    numbered = number(rows, {"schools": 7}, {})
    items = {row.id: seq for seq, row in numbered.inserted}
    items |= {copy[1]: seq for copy, (seq, _) in numbered.replaced.items()}
    stubs = [stub.seq for stub in numbered.stubs]
    assert sorted([*items.values(), *stubs]) == list(range(8, numbered.last["schools"] + 1))
    assert set(items) == {row.id for row in rows}
