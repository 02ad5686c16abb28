"""Lives of one exchange under `concordat up`, with agencies' events going in and coming out."""

import asyncio
import logging
import signal
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import psutil

from concordat.publish.demo_data import demo_events
from concordat.stack.demonstration import DATA
from concordat.stack.process_record import ProcessRecord
from concordat_events.envelope import Event
from concordat_events.publisher import Limits, Publisher, PublishFailed
from e2e.stored import superuser_dsn
from e2e.up import Up, all_gone
from waiting import until

AGENCY = "west-mercia-police"
GONE_SECONDS = 10.0
STILL_SECONDS = 30.0
"""After so long without a new decision none is expected."""
_CASES, _BATCH = 200, 50
# Soon enough for a bar; an agency waits longer.
_LIMITS = Limits(stuck_after=5, give_up_after=60)
_LOST = """
SELECT count(*) FILTER (WHERE decided IS DISTINCT FROM 1) AS lost,
       count(*) FILTER (WHERE delivered IS DISTINCT FROM shared) AS wrongly_delivered,
       count(*) FILTER (WHERE delivered > 0) AS reached_somebody
FROM unnest($1::text[]) AS told (id)
LEFT JOIN (
    SELECT id, count(*) AS decided, sum(jsonb_array_length(shared)) AS shared
    FROM concordat.event GROUP BY id
) AS decision USING (id)
LEFT JOIN (
    SELECT event.id, count(delivery.event_id) AS delivered
    FROM concordat.event LEFT JOIN concordat.delivery
        ON delivery.source = event.source AND delivery.event_id = event.id
    GROUP BY event.id
) AS delivery USING (id)
"""
_GAPS = """
SELECT coalesce(sum(abs(last_seq - held)), 0)
FROM concordat.inbox JOIN (
    SELECT agency, count(*) AS held FROM concordat.delivery GROUP BY agency
) AS counted USING (agency)
"""


@dataclass
class Agency:
    """A police force that publishes numbered incidents, and again what it was not told of.

    `told` of the first numbers are acknowledged; nothing else was ever taken but the next batch.
    """

    told: int = 0
    _templates: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        every = demo_events(DATA, lambda _fault: None)
        ours = (event for event in every if event.publisher == AGENCY)
        self._templates = [event for event in ours if "incident" in event.type][:100]

    async def publish(self, kafka: str, stop: asyncio.Event) -> None:
        """Publish until told to stop, or until nothing is stored any more."""
        # Every attempt to connect to a broker that is down would be a line.
        logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
        try:
            async with Publisher(kafka, AGENCY, limits=_LIMITS) as publisher:
                while not stop.is_set():
                    await publisher.publish_all(self._next_batch())
                    self.told += _BATCH
        except PublishFailed:
            return  # the next life begins with this batch again

    def ids(self) -> list[str]:
        """The ids of everything acknowledged."""
        return [_id(number) for number in range(self.told)]

    def _next_batch(self) -> Iterator[Event]:
        for number in range(self.told, self.told + _BATCH):
            template = self._templates[number % len(self._templates)]
            case = f"case-{number % _CASES:08d}"
            yield template.model_copy(update={"id": _id(number), "subject": case})


def _id(number: int) -> str:
    return f"incident-{number:08d}"


@dataclass
class Life:
    """One `concordat up` on the state, from its start to its end."""

    up: Up
    below: list[psutil.Process] = field(default_factory=list)

    async def ready(self) -> None:
        """Wait until it works."""
        await asyncio.to_thread(self.up.until_ready)
        self.below = self.up.processes

    async def kill(self) -> int:
        """End the supervisor with SIGKILL; return how many of its processes are left over."""
        self.below = self.up.processes
        self.up.process.kill()
        assert await asyncio.to_thread(self.up.process.wait, 10) == -signal.SIGKILL
        return await self.orphans()

    async def orphans(self) -> int:
        """How many processes of it still run after `GONE_SECONDS`."""
        every = [*self.below, *self._recorded()]
        try:
            await asyncio.to_thread(until, lambda: all_gone(every), "gone", GONE_SECONDS)
        except AssertionError:
            return len({each.pid for each in every if not all_gone([each])})
        return 0

    def _recorded(self) -> Iterator[psutil.Process]:
        """What was started after anybody looked, by its own record."""
        for file in self.up.state.run.glob("*.json"):
            record = ProcessRecord.read(file)
            if record.alive:
                yield psutil.Process(record.pid)

    async def stored(self) -> int:
        """How many events are decided in its database."""
        return int(await self._value("SELECT count(*) FROM concordat.event"))

    async def compare(self, agency: Agency) -> dict[str, int]:
        """Wait until as much has arrived as was acknowledged; count what is not as it must be."""
        with suppress(TimeoutError):  # then it is lost, and counted below
            await self._until_stored(agency.told)
        connection = await self._connect()
        try:
            row = await connection.fetchrow(_LOST, agency.ids())
        finally:
            await connection.close()
        assert row is not None
        return {**dict(row), "numbers_missing": int(await self._value(_GAPS))}

    async def _until_stored(self, wanted: int) -> None:
        stored, loop = -1, asyncio.get_running_loop()
        async with asyncio.timeout(STILL_SECONDS) as limit:
            while stored < wanted:
                before, stored = stored, await self.stored()
                if stored > before:
                    limit.reschedule(loop.time() + STILL_SECONDS)
                await asyncio.sleep(0.2)

    async def _value(self, query: str) -> float:
        connection = await self._connect()
        try:
            return float(await connection.fetchval(query))
        finally:
            await connection.close()

    async def _connect(self) -> asyncpg.Connection:
        settings = {"row_security": "off"}
        dsn = superuser_dsn(self.up.state, self.up.stack)
        return await asyncpg.connect(dsn, server_settings=settings, timeout=30)


def live(state: Path) -> Life:
    """Start `concordat up` on a state."""
    return Life(Up(state))
