"""Every stored delivery, derived again by the naive evaluator from the register it names."""

import asyncio
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import naive
from exchange_on_kafka import event
from faults.bar import Ground
from faults.fail_closed.written_register import WrittenRegister
from faults.rig import Rig

Allowed = dict[tuple[str, str, str], naive.Delivered]

_EVENTS = """
SELECT publisher, id, register_offset, decided_at FROM concordat.event
WHERE NOT source = '//unreadable'
"""
_DELIVERIES = """
SELECT d.agency, d.agreement, d.law, d.version, d.shares, d.body, d.event_id, d.register_offset,
    e.publisher, e.decided_at
FROM concordat.delivery AS d JOIN concordat.event AS e ON e.source = d.source AND e.id = d.event_id
"""


@dataclass
class Derivation:
    """What a register allows of an event at a moment, as one reads it by hand."""

    register: WrittenRegister
    known: dict[tuple[Any, ...], Allowed]

    def allowed(self, publisher: str, offset: int, decided_at: datetime) -> Allowed:
        """The deliveries that the first `offset` records allow; all events are alike."""
        day = decided_at.astimezone(ZoneInfo("Europe/London")).date()
        key = (publisher, offset, day)
        if key not in self.known:
            plain = self.register.plain(offset)
            content = json.loads(event(0, publisher))
            self.known[key] = naive.evaluate(plain, content, day)[0]
        return self.known[key]


async def claim_in_force(
    ground: Ground,
    part: str,
    rig: Rig,
    register: WrittenRegister,
    events: tuple[set[str], set[str]],
) -> None:
    """Claim that every delivery was in force under its register, and that none is missing.

    `events` were published, and which of them after a suspension was acknowledged: nobody may
    have been given anything of those.
    """
    published, suspended = events
    derivation = Derivation(register, {})
    decided, deliveries = await rig.ask(_EVENTS), await rig.ask(_DELIVERIES)
    allowed = await asyncio.to_thread(
        lambda: sum(len(derivation.allowed(*_decision(row))) for row in decided)
    )
    unlawful = [row["event_id"] for row in deliveries if not _in_force(derivation, row)]
    names = [row["id"] for row in decided]
    counts = {
        "deliveries_without_a_share_in_force": len(unlawful),
        "deliveries_of_what_came_after_a_suspension": sum(
            row["event_id"] in suspended for row in deliveries
        ),
        "deliveries_missing": max(allowed - len(deliveries), 0),
        "events_lost": len(published - set(names)),
        "events_decided_twice": len(names) - len(set(names)),
    }
    findings = ground.findings
    findings.none(**{f"{part}_{name}": count for name, count in counts.items()})
    findings.least(30, **{f"{part}_deliveries": len(deliveries)})
    late = len(suspended & set(names))
    findings.least(9, **{f"{part}_events_after_a_suspension": late})
    ground.figure(**{f"{part}_events_decided": len(names)})


def _decision(row: Any) -> tuple[str, int, datetime]:
    return row["publisher"], row["register_offset"], row["decided_at"]


def _in_force(derivation: Derivation, row: Any) -> bool:
    own = derivation.allowed(*_decision(row)).get((row["agency"], row["agreement"], row["law"]))
    if own is None:
        return False
    found = (row["version"], row["shares"].split(","), json.loads(row["body"])["data"])
    return found == (own.version, own.shares, own.data)
