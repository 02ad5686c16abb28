"""A register on which one publisher's crimes go to many agencies, and what route makes of them."""

import asyncio
import random
from dataclasses import dataclass, field

from builders import Exchange, agreement_of, share_of
from concordat.runtime.clock import system_clock
from concordat.stages.record import Record
from concordat.stages.route import route_stage
from concordat.stages.routed import read_routed
from concordat_events.envelope import CONTENT_TYPE, read_event, write_event
from exchange_on_kafka import CONTENT_KEY, event
from faults.rig import Rig
from kafka_log import append
from notices import give_notice

PUBLISHER = "police"
RECIPIENTS = tuple(f"agency-{number:02d}" for number in range(1, 17))
CASES = 400
AGREEMENT = agreement_of(
    effective={"from": "2026-01-01", "until": "2999-12-31"},
    parties={
        PUBLISHER: {"acts_as": "controller"},
        **{agency: {"acts_as": "controller", "keep_days": 365} for agency in RECIPIENTS},
    },
    shares=[share_of(to=list(RECIPIENTS))],
)


def fan_out_register() -> Exchange:
    """Every recipient is the one agency of its own controller; all have signed."""
    bodies = {f"body-of-{agency}": [agency] for agency in RECIPIENTS}
    register = Exchange({"police-authority": [PUBLISHER], "council": ["social-care"], **bodies})
    register.add(AGREEMENT, signed_by=["police-authority", *bodies])
    assert register.keeper.register.refused == []
    return register


@dataclass
class FanOut:
    """Writes `routed` as route would, by its own code; remembers what is to arrive where.

    `events` counts decided events; the number of an event is in its id. `wanted` holds the numbers
    shared with each agency; some events are withheld from a few by their publisher.
    """

    rig: Rig
    draw: random.Random
    wanted: dict[str, set[int]] = field(
        default_factory=lambda: {each: set() for each in RECIPIENTS}
    )
    events: int = 0
    deliveries: int = 0
    written: int = 0
    repeated: int = 0

    def __post_init__(self) -> None:
        topics = self.rig.exchange.topics
        self._stage = route_stage(topics, CONTENT_KEY.encode())

    async def write(self, count: int) -> None:
        """Write the decisions of so many new events, now and then twice as after a crash."""
        await asyncio.to_thread(self._write, count)

    async def until_behind(self, most: int) -> None:
        """Wait until deliver has at most so many records left."""
        while self.written - await self.stored() > most:  # noqa: ASYNC110 - another process's progress
            await asyncio.sleep(0.02)

    async def stored(self) -> int:
        """How many records deliver has consumed."""
        topic = self.rig.exchange.topics.routed
        query = (
            "SELECT coalesce(sum(next_offset), 0)::bigint FROM concordat.consumed WHERE topic = $1"
        )
        return int((await self.rig.ask(query, topic))[0][0])

    async def suspend(self, agency: str) -> str:
        """Its controller suspends what comes to it."""
        return await self._notify(f"body-of-{agency}", "suspend")

    async def resume(self, agency: str, suspension: str) -> None:
        """Both controllers let it go on."""
        for controller in (f"body-of-{agency}", "police-authority"):
            await self._notify(controller, "resume", suspension)

    async def _notify(self, controller: str, action: str, resumes: str | None = None) -> str:
        exchange, now = self.rig.exchange, system_clock()
        about = {"resumes": resumes, "at": now, "recorded_at": now}
        digest = give_notice(exchange.register, AGREEMENT, controller, action, **about)  # type: ignore[arg-type]
        await asyncio.to_thread(exchange.write_register)
        return digest

    def _write(self, count: int) -> None:
        exchange = self.rig.exchange
        records = [self._record(number) for number in range(self.events, self.events + count)]
        outputs = self._stage(records, exchange.register.book, system_clock())
        for number, output in zip(range(self.events, self.events + count), outputs, strict=True):
            for shared in read_routed(output.value).shared:
                self.wanted[shared.agency].add(number)
                self.deliveries += 1
        self.events += count
        if self.draw.random() < 0.1:
            outputs += outputs
            self.repeated += count
        pairs = [(output.key, output.value) for output in outputs]
        assert not append(exchange.producer, exchange.topics.routed, pairs, "application/json")
        self.written += len(outputs)

    def _record(self, number: int) -> Record:
        changes = {}
        if self.draw.random() < 0.3:
            denied = self.draw.sample(RECIPIENTS, self.draw.randint(1, 8))
            changes["withholdfrom"] = ",".join(sorted(denied))
        value = write_event(read_event(event(number, PUBLISHER, CASES, **changes)))
        key = f"case-{number % CASES:08d}".encode()
        return Record("incidents", 0, number, key, value, CONTENT_TYPE)


def number_of(event_id: str) -> int:
    """The number in the id of an event."""
    return int(event_id.rpartition("-")[2])
