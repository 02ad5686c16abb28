"""Poison in the exchange's own topics, as if a writer of it went mad."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec

from concordat.stages.record import JSON
from concordat_events.envelope import CONTENT_TYPE
from exchange_on_kafka import event
from faults.findings import Findings
from faults.poison.poisons import CANARY
from faults.reading import each_record
from faults.rig import Rig
from faults.sending import Letter, Place, Sender

UNREADABLE = "//unreadable"
_NO_RECORD = (msgspec.DecodeError, ValueError, RecursionError, KeyError, TypeError)


def into_incidents(count: int, draw: random.Random, topic: str) -> Iterator[Letter]:
    """Yield so many records that route cannot read, or reads as an event that nobody may have."""
    for number in range(count):
        value = draw.choice(_incidents(number, draw))
        key = draw.choice([f"case-{number % 50:08d}".encode(), b"", b"\xff", CANARY.encode()])
        yield Letter(topic, key, value, {"content-type": CONTENT_TYPE})


def into_routed(count: int, draw: random.Random, topic: str) -> Iterator[Letter]:
    """Yield so many records that deliver cannot store."""
    for number in range(count):
        value = draw.choice(_routed_records(number, draw))
        yield Letter(topic, f"case-{number % 50:08d}".encode(), value, {"content-type": JSON})


async def spoil(findings: Findings, rig: Rig, count: int, draw: random.Random) -> None:
    """Write both, and claim what becomes of every single one."""
    topics = rig.exchange.topics
    incidents, routed = (Sender[None](rig.exchange.kafka, f"mad-{name}") for name in "ab")
    await incidents.send_all((x, None) for x in into_incidents(count, draw, topics.incidents))
    await routed.send_all((x, None) for x in into_routed(count, draw, topics.routed))
    assert not incidents.refused, "the broker refused a record"
    assert not routed.refused, "the broker refused a record"
    await rig.until_drained()
    await _claim_incidents(findings, rig, set(incidents.placed))
    await _claim_routed(findings, rig, set(routed.placed))


async def _claim_incidents(findings: Findings, rig: Rig, placed: set[Place]) -> None:
    """Every one is decided: for nobody, UNREADABLE with a dead letter, or set aside by deliver."""
    place = "admission_partition AS p, admission_offset AS o"
    rows = await rig.ask(
        f"SELECT source, shared::text, withheld::text, {place} FROM concordat.event"
    )
    repeats = await rig.ask(f"SELECT {place} FROM concordat.repeat")
    ours = {(partition, offset) for _, partition, offset in placed}
    decided = {(row["p"], row["o"]): row for row in rows if (row["p"], row["o"]) in ours}
    aside = await asyncio.to_thread(_set_aside, rig, ours, await _reasons(rig))
    known = Counter(decided.keys()) + Counter((r["p"], r["o"]) for r in repeats) + Counter(aside)
    unreadable = {at for at, row in decided.items() if row["source"] == UNREADABLE}
    dead = await asyncio.to_thread(_dead_letters, rig, ours)
    findings.none(
        spoilt_incidents_vanished=sum(known[each] == 0 for each in ours),
        spoilt_incidents_shared=sum(row["shared"] != "[]" for row in decided.values()),
        unreadable_without_reason=sum(
            "UNREADABLE" not in decided[each]["withheld"] for each in unreadable
        ),
        unreadable_without_dead_letter=len(unreadable - dead),
    )
    findings.least(1, spoilt_incidents_unreadable=len(unreadable), spoilt_incidents=len(ours))


async def _claim_routed(findings: Findings, rig: Rig, placed: set[Place]) -> None:
    reasons = await _reasons(rig)
    findings.none(
        spoilt_routed_vanished=sum((p, o) not in reasons for _, p, o in placed),
        set_aside_without_reason=sum(not reason for reason in reasons.values()),
    )
    findings.least(1, spoilt_routed_set_aside=len(reasons))


async def _reasons(rig: Rig) -> dict[tuple[int, int], str]:
    rows = await rig.ask('SELECT partition, "offset", reason FROM concordat.unreadable_routed')
    return {(row["partition"], row["offset"]): row["reason"] for row in rows}


def _set_aside(
    rig: Rig, ours: set[tuple[int, int]], reasons: dict[tuple[int, int], str]
) -> set[tuple[int, int]]:
    """The admissions whose routed record deliver has set aside."""
    found = set()
    for record in each_record(rig.exchange.kafka, rig.exchange.topics.routed):
        if (record.partition, record.offset) in reasons:
            try:
                partition, offset = msgspec.json.decode(record.value or b"")["admission"]
            except _NO_RECORD:
                continue
            if (partition, offset) in ours:
                found.add((partition, offset))
    return found


def _dead_letters(rig: Rig, ours: set[tuple[int, int]]) -> set[tuple[int, int]]:
    found = set()
    for record in each_record(rig.exchange.kafka, rig.exchange.topics.dead_letters):
        letter = msgspec.json.decode(record.value or b"")
        if letter["stage"] == "route":
            found.add((letter["partition"], letter["offset"]))
    return found & ours


def _event(number: int, **changes: Any) -> bytes:
    return event(number, "police", **{"id": f"spoilt-{number:08d}", **changes})


def _incidents(number: int, draw: random.Random) -> list[bytes | None]:
    return [
        f"{CANARY}-{number} is not JSON".encode(),
        b"\xff" + draw.randbytes(40),
        b"",
        None,
        b"[" * draw.randint(1, 100_000),
        b'{"a":' * 20_000,
        _event(number)[: draw.randint(1, 200)],
        _event(number, subject=draw.choice([None, 7, [], {}])),
        _event(number, type=None),
        _event(number, withholdfrom=7),
        _event(number, type="no-such-type.v1"),
        _event(number, source="//nobody"),
        _event(number, time="yesterday"),
        _event(number, id="a" * 5000),
        _event(number, subject="\0"),
        _event(number, id=""),
    ]


_SOUND = {
    "source": "//police",
    "type": "community-safety.crime-recorded.v1",
    "subject": "case-00000001",
    "time": "2025-12-01T09:00:00Z",
    "publisher": "police",
    "admission": [0, 10**12],
    "content": "00",
    "register": 1,
    "decided_at": "2025-12-01T09:00:00Z",
    "shared": [],
    "withheld": [],
}


def _routed(number: int, **changes: object) -> bytes:
    return msgspec.json.encode({**_SOUND, "id": f"mad-{number:08d}", **changes})


def _shared(**changes: object) -> list[dict[str, object]]:
    sound: dict[str, object] = {
        "agency": "womens-aid",
        "id": "mad-delivery",
        "agreement": "test-agreement",
        "version": 1,
        "digest": "",
        "law": "protect",
        "shares": ["crimes-of-police"],
        "fields": [],
        "delivery": {"note": CANARY},
    }
    return [{**sound, **changes}]


def _routed_records(number: int, draw: random.Random) -> list[bytes | None]:
    return [
        f"{CANARY}-{number} is not JSON".encode(),
        b"\xff" + draw.randbytes(40),
        b"",
        None,
        b"[" * draw.randint(1, 100_000),
        _routed(number)[: draw.randint(1, 200)],
        _routed(number, admission=[0, -1]),
        _routed(number, admission=[2**40, 1]),
        _routed(number, admission=[0, 2**70]),
        _routed(number, content="zz"),
        _routed(number, decided_at="0000-01-01T00:00:00Z"),
        _routed(number, time="9999-12-31T23:59:59-14:00"),
        _routed(number, subject="a\0b"),
        _routed(number, id="x" * 10_000),
        _routed(number, register=2**70),
        _routed(number, shared=_shared(version=2**40)),
        _routed(number, shared=_shared(delivery=[CANARY])),
        _routed(number, shared=_shared(delivery="text")),
        _routed(number, shared=_shared(agency="")),
        _routed(number, shared=_shared(keepuntil="soon")),
        _routed(number, withheld=[{"agency": "womens-aid", "reason": "NO_SUCH"}]),
    ]
