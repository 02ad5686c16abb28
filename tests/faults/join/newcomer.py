"""An agency that joins a running exchange: register, topics, first event."""

import asyncio
import time
from dataclasses import dataclass

from builders import Exchange, agreement_of, share_of
from concordat.agreements.document import Agreement
from concordat.kafka.topics_admin import apply_topics
from concordat_events.envelope import read_event
from concordat_events.publisher import Publisher
from exchange_on_kafka import event, exchange_plans
from faults.load import Identity
from faults.rig import Rig

EVENTS_EACH = 20
SHARES_WITH, SHARED_BY = ("police", "social-care"), "police"
PATIENCE_SECONDS = 60.0
_STORED = "SELECT count(*) FROM concordat.event WHERE source = $1"


@dataclass(frozen=True)
class Join:
    """One that happened; times are of the wall clock, which is the database's too."""

    agency: str
    began: float
    topics_exist: float
    first_stored: float

    @property
    def seconds(self) -> float:
        """From the moment its topics existed until its first event was decided and delivered."""
        return self.first_stored - self.topics_exist

    def identities(self) -> list[Identity]:
        """(source, id) of what it published."""
        return [
            (f"//{self.agency}", f"{self.agency}-{number:08d}") for number in range(EVENTS_EACH)
        ]


async def join(rig: Rig, agency: str) -> Join:
    """Register `agency` with an agreement, make its topics and have it publish.

    It shares its crimes with the police and social care, and the police theirs with it.
    """
    began = time.time()
    await asyncio.to_thread(_register, rig, agency)
    topics_exist = time.time()
    topic = rig.exchange.topics.outbox(agency)
    events = [read_event(event(number, agency)) for number in range(EVENTS_EACH)]
    async with Publisher(rig.exchange.kafka, agency, topic) as publisher:
        await publisher.publish(events[0])
        first_stored = await _first_stored(rig, agency)
        await publisher.publish_all(events[1:])
    return Join(agency, began, topics_exist, first_stored)


def _register(rig: Rig, agency: str) -> None:
    register, controller = rig.exchange.register, f"{agency}-trust"
    newcomer = Exchange({controller: [agency]})
    for key, value in newcomer.log:
        register.write(key, value)
    register.keys.update(newcomer.keys)
    register.add(_agreement(agency), [controller, "police-authority", "council"])
    rig.exchange.write_register()
    rig.exchange.plans = exchange_plans(register, rig.exchange.topics.prefix)
    apply_topics(rig.exchange.admin, rig.exchange.plans)


def _agreement(agency: str) -> Agreement:
    parties = (*SHARES_WITH, agency)
    shares = {agency: list(SHARES_WITH), SHARED_BY: [agency]}
    return agreement_of(
        id=f"joined-by-{agency}",
        effective={"from": "2026-01-01", "until": "2999-12-31"},
        parties={party: {"acts_as": "controller", "keep_days": 90} for party in parties},
        shares=[
            share_of(**{"id": f"crimes-of-{publisher}", "from": [publisher], "to": recipients})
            for publisher, recipients in shares.items()
        ],
    )


async def _first_stored(rig: Rig, agency: str) -> float:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not (await rig.ask(_STORED, f"//{agency}"))[0][0]:  # noqa: ASYNC110 - other processes
            await asyncio.sleep(0.05)
    return time.time()
