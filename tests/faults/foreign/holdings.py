"""What each agency has that no other may see: rows in every table, and an event in the log."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import asyncpg
import yaml

from builders import Exchange, agreement_of, crime, share_of
from concordat.inbox.cursor import Cursor
from concordat.postgres.roles import API, DELIVER
from concordat.runtime.settings import CONTRACTS
from exchange_on_kafka import keyed
from faults.rig import Rig
from kafka_log import append

FIRST, NUMBERS = 7_000_000, 10_000
"""Numbers of an inbox that are set aside for one agency, so that no two have the same."""
GIVEN = ("read", "put-away", "purged", "moved")

_DELIVERY = """
INSERT INTO concordat.delivery (agency, seq, id, source, event_id, publisher, subject, event_type,
    agreement, version, law, shares, body, register_offset, collected_at, acknowledged_at,
    purged_at, arrived)
VALUES ($1, $2, $3, '//' || $4, 'elsewhere-0001', $4, 'case-0001',
    'community-safety.crime-recorded.v1', $5, 1, 'protect', $6, $7, 0, now(),
    CASE WHEN $8 = 'put-away' THEN now() END, CASE WHEN $8 = 'purged' THEN now() END,
    CASE WHEN $8 = 'moved' THEN 'released' END)
"""
_STUB = """
INSERT INTO concordat.stub (agency, seq, delivery_id, reason, moved_to)
VALUES ($1, $2, $3, 'RELEASED', $4)
"""
_INBOX = "INSERT INTO concordat.inbox (agency, last_seq) VALUES ($1, $2)"
_EVENT = """
INSERT INTO concordat.event (source, id, publisher, type, subject, event_time, synthetic, content,
    admission_partition, admission_offset, register_offset, decided_at, shared, withheld)
VALUES ('//' || $1, $2, $1, 'community-safety.crime-recorded.v1', 'case-0001',
    '2025-12-01T00:00:00Z', false, '', $3, $4, 7, now(), '[]', $5)
"""
_REPEAT = """
INSERT INTO concordat.repeat (admission_partition, admission_offset, source, id, publisher,
    conflict)
VALUES ($3, $4, '//' || $1, $2, $1, true)
"""
_REDECISION = """
INSERT INTO concordat.redecision (replay, source, id, agency, publisher, register_offset,
    decided_at, shared, withheld, delivered)
VALUES ('replay-1', '//' || $1, $2, 'nobody', $1, 8, now(), '[]', $3, '[]')
"""
_DIRECT = "INSERT INTO concordat.direct_feed (agency, generation, seq) VALUES ($1, $2, 0)"


@dataclass(frozen=True)
class Held:
    """What `agency` has, by names that can be asked for; of `nobody`, names that lead nowhere."""

    agency: str
    number: int
    controller: str
    nobody: bool = False

    def seq(self, kind: str) -> int:
        """The number of an item: one of `GIVEN`, or the lower one that the moved item has left."""
        place = ("stub", *GIVEN).index(kind) + (500 if self.nobody else 0)
        return FIRST + self.number * NUMBERS + place

    def event(self, kind: str) -> str:
        """The id of an event: decided, decided again, or published twice with other contents."""
        return f"{'void' if self.nobody else 'event'}-{self.number:02d}-{kind}"

    @property
    def secret(self) -> str:
        """What stands in every row of the agency and nowhere else."""
        return f"canary-{self.number:02d}-of-one"

    @cached_property
    def traces(self) -> tuple[str, ...]:
        """What no answer to another agency may hold."""
        own = [self.secret, *(self.event(kind) for kind in EVENTS)]
        return (*own, *(str(self.seq(kind)) for kind in (*GIVEN, "stub")))

    def names_in(self, generation: str) -> dict[str, str]:
        """Every name that an answer may echo, and what stands for it when answers are compared."""
        kinds = (*GIVEN, "stub")
        cursors = {str(Cursor(generation, self.seq(kind))): f"<cursor {kind}>" for kind in kinds}
        events = {self.event(kind): f"<event {kind}>" for kind in EVENTS}
        return cursors | events | {str(self.seq(kind)): f"<seq {kind}>" for kind in kinds}


EVENTS = ("decided", "again", "twice")


def everybody() -> dict[str, str]:
    """The controller behind each agency of the contracts."""
    files = sorted((CONTRACTS / "agencies").glob("*.yaml"))
    agencies = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in files]
    return {each["id"]: each["controller"] for each in agencies}


def register_of(controllers: dict[str, str]) -> Exchange:
    """A register on which every agency shares its crimes with every other."""
    desks = defaultdict(list)
    for agency, controller in controllers.items():
        desks[controller].append(agency)
    register = Exchange(desks)
    names = sorted(controllers)
    agreement = agreement_of(
        operator=min(register.keys),
        effective={"from": "2026-01-01", "until": "2999-12-31"},
        parties={name: {"acts_as": "controller", "keep_days": 30} for name in names},
        shares=[share_of(**{"from": names, "to": names})],
    )
    register.add(agreement)
    assert not register.keeper.register.refused, register.keeper.register.refused
    return register


def holdings(controllers: dict[str, str]) -> list[Held]:
    """What each agency will have."""
    return [Held(name, n, controllers[name]) for n, name in enumerate(sorted(controllers))]


async def fill(rig: Rig, held: Sequence[Held]) -> None:
    """Write it all, as those write it who do."""
    places = _admitted(rig, held)
    deliver = await asyncpg.connect(rig.database.dsn(DELIVER))
    api = await asyncpg.connect(rig.database.dsn(API))
    try:
        for number, each in enumerate(held):
            publisher = held[number - 1].agency
            await _inbox(deliver, each, publisher)
            await _events(deliver, each, places)
            async with api.transaction():
                await api.execute("SELECT set_config('concordat.agency', $1, true)", each.agency)
                await api.execute(_DIRECT, each.agency, each.secret)
    finally:
        await deliver.close()
        await api.close()


def _admitted(rig: Rig, held: Sequence[Held]) -> dict[str, tuple[int, int]]:
    """Write each agency's events to `incidents`; return where each stands."""
    events = [
        json.dumps({**crime(), "id": each.event(kind), "source": f"//{each.agency}"}).encode()
        for each in held
        for kind in EVENTS
    ]
    topic = rig.exchange.topics.incidents
    assert not append(rig.exchange.producer, topic, keyed(events))
    found = [(json.loads(each.value)["id"], each) for each in rig.exchange.incidents()]
    return {name: (each.partition, each.offset) for name, each in found}


async def _inbox(deliver: Any, each: Held, publisher: str) -> None:
    await deliver.execute(_INBOX, each.agency, each.seq("moved"))
    for kind in GIVEN:
        body = None if kind == "purged" else json.dumps({"data": each.secret})
        about = (each.agency, each.seq(kind), _delivery_id(each, kind), publisher)
        await deliver.execute(_DELIVERY, *about, "test-agreement", "all-crimes", body, kind)
    moved = (each.seq("stub"), _delivery_id(each, "moved"), each.seq("moved"))
    await deliver.execute(_STUB, each.agency, *moved)


async def _events(deliver: Any, each: Held, places: dict[str, tuple[int, int]]) -> None:
    withheld = json.dumps([{"agency": "nobody", "reason": "NOT_NAMED", "share": each.secret}])
    for kind in EVENTS:
        name = each.event(kind)
        await deliver.execute(_EVENT, each.agency, name, *places[name], withheld)
    repeated = (each.agency, each.event("twice"), 99, each.number)
    await deliver.execute(_REPEAT, *repeated)
    await deliver.execute(_REDECISION, each.agency, each.event("again"), withheld)


def _delivery_id(each: Held, kind: str) -> str:
    return f"{each.secret}-{kind}"
