"""What deliver stores, and that nothing is stored twice."""

import asyncio
import json
from datetime import UTC, date, datetime

import asyncpg

from concordat.deliver.progress import progress
from concordat.deliver.replay import forget_positions
from concordat.postgres.pool import open_pool
from concordat.postgres.roles import AUDITOR
from concordat.stages.routed import RoutedRecord
from integration.deliver.exchange import Exchange, until
from unit.deliver.records import CONTENT, OTHER_CONTENT, routed, unreadable_incident


async def test_a_decision_its_deliveries_and_the_position_are_stored(exchange: Exchange) -> None:
    await exchange.write(routed("event-0001", (4, 7), "schools", "social-care"), partition=1)
    await exchange.deliver_all()
    [event] = await exchange.ask(
        """SELECT source, id, publisher, type, subject, event_time, synthetic, content,
           admission_partition, admission_offset, register_offset, decided_at, shared, withheld
           FROM concordat.event"""
    )
    assert event[:12] == (
        "//police",
        "event-0001",
        "police",
        "domestic-abuse.incident-recorded.v1",
        "case-0001",
        datetime(2026, 11, 22, 12, tzinfo=UTC),
        False,
        bytes.fromhex(CONTENT),
        4,
        7,
        17,
        datetime(2026, 11, 22, 12, 0, 1, 500000, tzinfo=UTC),
    )
    assert [one["agency"] for one in json.loads(event[12])] == ["schools", "social-care"]
    assert [one["reason"] for one in json.loads(event[13])] == ["CONDITION_FALSE"]
    rows = await exchange.ask(
        """SELECT agency, seq, id, source, event_id, publisher, subject, agreement, version, law,
           shares, keep_until, collected_at, acknowledged_at FROM concordat.delivery
           ORDER BY agency"""
    )
    about = ("//police", "event-0001", "police", "case-0001", "worcestershire", 3)
    under = ("safeguard-child", "children,grade", date(2028, 1, 31), None, None)
    assert rows == [
        ("schools", 1, "event-0001-to-schools", *about, *under),
        ("social-care", 1, "event-0001-to-social-care", *about, *under),
    ]
    [[body]] = await exchange.ask("SELECT body FROM concordat.delivery WHERE agency = 'schools'")
    assert body == '{"id":"event-0001-to-schools","data":{"grade":"high"}}'
    async with open_pool(exchange.database.dsn(AUDITOR)) as auditor:
        assert await progress(auditor, exchange.topic) == {0: 0, 1: 1, 2: 0}


async def test_each_agency_s_numbers_follow_the_order_of_the_partition(exchange: Exchange) -> None:
    await exchange.write(
        routed("event-0001", (0, 0), "schools"),
        routed("event-0002", (0, 1), "schools", "social-care"),
        routed("event-0003", (0, 2)),
        routed("event-0004", (0, 3), "social-care", "schools"),
    )
    await exchange.deliver_all()
    await exchange.write(routed("event-0005", (0, 4), "schools"))
    await exchange.deliver_all()
    assert await exchange.inbox("schools") == [
        (1, "event-0001"),
        (2, "event-0002"),
        (3, "event-0004"),
        (4, "event-0005"),
    ]
    assert await exchange.inbox("social-care") == [(1, "event-0002"), (2, "event-0004")]
    assert await exchange.ask("SELECT * FROM concordat.inbox ORDER BY agency") == [
        ("schools", 4),
        ("social-care", 2),
    ]


async def test_another_content_under_a_known_id_is_a_conflict_and_reaches_nobody(
    exchange: Exchange,
) -> None:
    first = routed("event-0001", (0, 0), "schools")
    conflict = routed("event-0001", (0, 1), "social-care", content=OTHER_CONTENT)
    same_batch = routed("event-0002", (0, 2), "schools")
    same_batch_conflict = routed("event-0002", (0, 3), "schools", content=OTHER_CONTENT)
    same_batch_repeat = routed("event-0002", (0, 4), "schools")
    await exchange.write(first)
    await exchange.deliver_all()
    await exchange.write(conflict, same_batch, same_batch_conflict, same_batch_repeat)
    await exchange.write(routed("event-0001", (1, 0), "probation", content="ef" * 32), partition=2)
    await exchange.deliver_all()
    repeats = await exchange.ask(
        """SELECT admission_partition, admission_offset, source, id, publisher, conflict
           FROM concordat.repeat ORDER BY 1, 2"""
    )
    assert repeats == [
        (0, 1, "//police", "event-0001", "police", True),
        (0, 3, "//police", "event-0002", "police", True),
        (0, 4, "//police", "event-0002", "police", False),
        (1, 0, "//police", "event-0001", "police", True),
    ]
    assert await exchange.ask("SELECT agency, event_id FROM concordat.delivery ORDER BY 2") == [
        ("schools", "event-0001"),
        ("schools", "event-0002"),
    ]


async def test_replaying_routed_or_incidents_changes_nothing(exchange: Exchange) -> None:
    records: list[RoutedRecord | bytes] = [
        routed("event-0001", (0, 0), "schools"),
        routed("event-0001", (0, 1), "schools", content=OTHER_CONTENT),
        unreadable_incident((0, 2)),
        routed("event-0002", (0, 3), "schools", "social-care"),
        b"no record",
        routed("event-0002", (0, 4), "schools"),
    ]
    await exchange.write(*records)
    await exchange.deliver_all()
    before = await exchange.stored()

    dsn = exchange.settings.postgres.get_secret_value()
    assert await forget_positions(dsn, exchange.topic) == 3
    assert await exchange.positions() == {}
    await exchange.deliver_all()
    assert await exchange.stored() == before

    readable = [record for record in records if not isinstance(record, bytes)]
    await exchange.write(*readable, *readable)
    await exchange.deliver_all()
    assert await exchange.stored() == before
    assert await exchange.inbox("schools") == [(1, "event-0001"), (2, "event-0002")]


async def test_what_cannot_be_read_is_set_aside_and_the_rest_goes_on(exchange: Exchange) -> None:
    await exchange.write(
        routed("event-0001", (0, 0), "schools"),
        None,
        b'{"not":"a routed record"}',
        routed("event-0002", (2**31, 0), "schools"),
        routed("event-0003", (0, 1), "schools"),
        partition=2,
    )
    await exchange.deliver_all()
    rows = await exchange.ask(
        'SELECT topic, partition, "offset", reason FROM concordat.unreadable_routed ORDER BY 3'
    )
    assert rows == [
        (exchange.topic, 2, 1, "EMPTY"),
        (exchange.topic, 2, 2, "NOT_A_ROUTED_RECORD"),
        (exchange.topic, 2, 3, "OUT_OF_RANGE"),
    ]
    assert await exchange.inbox("schools") == [(1, "event-0001"), (2, "event-0003")]


async def test_each_agency_is_notified_once_a_batch(exchange: Exchange) -> None:
    heard: list[object] = []
    listener = await asyncpg.connect(exchange.database.superuser)
    await listener.add_listener("concordat_inbox", lambda *arguments: heard.append(arguments[3]))
    await exchange.write(
        *(routed(f"event-{n:04}", (0, n), "schools", "social-care") for n in range(3))
    )
    await exchange.deliver_all()

    async def heard_both() -> bool:
        return len(heard) >= 2

    await until(heard_both)
    await listener.fetchval("SELECT 1")
    await listener.close()
    assert sorted(map(str, heard)) == ["schools", "social-care"]


async def test_a_reader_never_sees_a_gap_while_it_is_written(exchange: Exchange) -> None:
    count = 300
    seen: list[int] = []

    async def read_on() -> bool:
        rows = await exchange.ask(
            "SELECT seq FROM concordat.delivery WHERE agency = 'schools' AND seq > $1 ORDER BY seq",
            len(seen),
        )
        seen.extend(row[0] for row in rows)
        return len(seen) >= count

    async with exchange.delivering() as task:
        reading = asyncio.ensure_future(until(read_on, task))
        for start in range(0, count, 10):
            numbers = range(start, start + 10)
            await exchange.write(*(routed(f"event-{n:04}", (0, n), "schools") for n in numbers))
        await reading
    assert seen == list(range(1, count + 1))


async def test_the_grade_of_what_was_withheld_is_stored_beside_the_decision(
    exchange: Exchange,
) -> None:
    await exchange.write(routed("event-0001", (0, 0), grade="high"), routed("event-0002", (0, 1)))
    await exchange.deliver_all()
    grades = await exchange.ask("SELECT id, grade FROM concordat.event ORDER BY id")
    assert grades == [("event-0001", "high"), ("event-0002", None)]
