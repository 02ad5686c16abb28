"""Deliver between a register, a topic of decisions and a database; the API on the same database."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer

from builders import Exchange as Register
from builders import agreement_of, crime, share_of
from concordat.agreements.document import Agreement
from concordat.kafka.topics import Topics
from concordat.runtime.clock import system_clock
from concordat.stages.record import Record
from concordat.stages.redecide import redecide
from concordat.stages.route import route_stage
from concordat.stages.routed import RoutedRecord, read_routed
from concordat_events.envelope import CONTENT_TYPE, read_event, write_event
from integration.deliver.exchange import Exchange, until
from integration.inbox.api import Api, open_api
from notices import give_notice

KEY = b"k" * 32
CARE, AID = "social-care", "womens-aid"
SHARES = [share_of(to=[CARE, AID])]


def agreement(version: int = 1, **changes: Any) -> Agreement:
    """Crimes of the police to social care and Women's Aid, for many years."""
    terms: dict[str, Any] = {
        "effective": {"from": "2020-01-01", "until": "2099-12-31"},
        "review_by": "2099-12-31",
        "dpia": {"ref": "DPIA-1", "approved": "2019-11-30"},
        "version": version,
        "shares": SHARES,
    }
    return agreement_of(**{**terms, **changes})


@dataclass
class Held:
    """Events are admitted in one partition, decided by route's own code under the book of now."""

    exchange: Exchange
    api: Api
    register: Register = field(default_factory=Register)
    incidents: list[Record] = field(default_factory=list)
    _registered: int = 0

    # -- the register ----------------------------------------------------------------------------

    async def write_register(self) -> None:
        """Append to the topic what the register has more than it, and wait for the broker."""
        producer = AIOKafkaProducer(bootstrap_servers=self.exchange.settings.kafka, acks="all")
        await producer.start()
        topic = self.exchange.register
        try:
            for key, value in self.register.log[self._registered :]:
                await producer.send_and_wait(topic, value, key=key.encode(), partition=0)
        finally:
            await producer.stop()
        self._registered = len(self.register.log)
        assert self.register.keeper.register.refused == []

    async def sign(self, signed: Agreement, *controllers: str) -> None:
        """Register an agreement, signed by these."""
        self.register.add(signed, signed_by=controllers or tuple(self.register.keys))
        await self.write_register()

    async def notify(self, controller: str, action: str, version: int = 1, **about: Any) -> str:
        """A notice of now."""
        about = {"at": system_clock(), **about}
        digest = give_notice(self.register, agreement(version), controller, action, **about)
        await self.write_register()
        return digest

    async def resume(self, suspension: str, *controllers: str, version: int = 1) -> None:
        """Each says that the suspension is over."""
        for controller in controllers:
            await self.notify(controller, "resume", version, resumes=suspension)

    # -- decisions -------------------------------------------------------------------------------

    def admit(self, name: str, **changes: Any) -> Record:
        """An event as it stands in `incidents`."""
        value = write_event(read_event(json.dumps({**crime(**changes), "id": name}).encode()))
        record = Record("incidents", 0, len(self.incidents), b"case-0001", value, CONTENT_TYPE)
        self.incidents.append(record)
        return record

    def decide(self, name: str, **changes: Any) -> RoutedRecord:
        """What route says of a new event under the book of now."""
        book, records = self.register.book, [self.admit(name, **changes)]
        (output,) = route_stage(Topics(), KEY)(records, book, system_clock())
        return read_routed(output.value)

    async def route(self, *names: str, **changes: Any) -> None:
        """Admit events and write what is decided of them."""
        await self.exchange.write(*[self.decide(name, **changes) for name in names])

    def again(self, replay: str, agency: str = CARE) -> list[RoutedRecord]:
        """What a replay decides of every event so far."""
        about: dict[str, Any] = {"agency": agency, "replay": replay, "content_key": KEY}
        book, now = self.register.book, system_clock()
        return [redecide(record, book, now, **about) for record in self.incidents]

    async def replay(self, replay: str, agency: str = CARE) -> None:
        """Write what a replay decides of every event so far."""
        await self.exchange.write(*self.again(replay, agency))

    # -- what came out ---------------------------------------------------------------------------

    @asynccontextmanager
    async def delivering(self, **options: Any) -> AsyncIterator["asyncio.Task[None]"]:
        """Deliver inside the block."""
        async with self.exchange.delivering(**options) as task:
            await until(self.exchange.is_all_consumed, task)
            yield task

    async def items(self, agency: str = CARE) -> list[tuple[Any, ...]]:
        """Number, event and how it arrived of every item."""
        return await self.exchange.ask(
            """SELECT seq, event_id, arrived FROM concordat.delivery WHERE agency = $1
               ORDER BY seq""",
            agency,
        )

    async def stubs(self, agency: str = CARE) -> list[tuple[Any, ...]]:
        """Number, reason and new number of every stub."""
        return await self.exchange.ask(
            "SELECT seq, reason, moved_to FROM concordat.stub WHERE agency = $1 ORDER BY seq",
            agency,
        )

    async def until_items(self, *expected: tuple[Any, ...], agency: str = CARE) -> None:
        """Wait until these are the items."""

        async def are_there() -> bool:
            return await self.items(agency) == list(expected)

        await until(are_there)

    async def until_looked_at(self, task: "asyncio.Task[None]") -> None:
        """Wait until deliver has looked at all items under the register as it is now.

        Another pair is suspended and resumed, and what that held has come again, twice: then the
        first look is over.
        """
        for _ in range(2):
            [[before]] = await self._newest_of_aid()
            suspension = await self.notify("charity", "suspend")
            await self.resume(suspension, "charity", "police-authority")

            async def moved(before: Any = before) -> bool:
                return await self._newest_of_aid() != [(before,)]

            await until(moved, task)

    async def _newest_of_aid(self) -> list[tuple[Any, ...]]:
        return await self.exchange.ask(
            "SELECT max(seq) FROM concordat.delivery WHERE agency = $1", AID
        )

    async def read(self, path: str = "/v1/inbox", agency: str = CARE) -> Any:
        """A page of the inbox, from the API."""
        response = await self.api.get(agency, path)
        assert response.status_code == 200, response.text
        return response.json()

    async def assert_gapless(self, agency: str = CARE) -> None:
        """Every number up to the last one leads to one item or one stub."""
        numbers = [each[0] for each in await self.items(agency)]
        numbers += [each[0] for each in await self.stubs(agency)]
        [[last]] = await self.exchange.ask(
            "SELECT last_seq FROM concordat.inbox WHERE agency = $1", agency
        )
        assert sorted(numbers) == list(range(1, last + 1))


@asynccontextmanager
async def open_held(exchange: Exchange, folder: Path) -> AsyncIterator[Held]:
    """With the register on its topic, signed by all; nothing is decided yet."""
    async with open_api(exchange.database, folder) as api:
        held = Held(exchange, api)
        api.feed.exchange = held.register
        await held.sign(agreement())
        yield held
