"""What the model is compared with: route's and deliver's own code, PostgreSQL, the API."""

import asyncio
import json
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import asyncpg

from builders import Exchange
from concordat.agreements.book import Book
from concordat.deliver.follow_register import RegisterFollower
from concordat.deliver.position import LogIdentity
from concordat.deliver.read_record import read_record
from concordat.deliver.readiness import Readiness
from concordat.deliver.rows import Batch, Move
from concordat.deliver.store import DeliverStore, do_nothing
from concordat.kafka.topics import Topics
from concordat.postgres.pool import Pool, open_pool
from concordat.postgres.roles import DELIVER
from concordat.stages.record import Record
from concordat.stages.route import route_stage
from concordat_events.envelope import CONTENT_TYPE, read_event, write_event
from integration.deliver.held import agreement
from integration.inbox.api import Api, open_api
from integration.postgres.databases import Database, fresh_database
from notices import give_notice

AGENCIES = ("social-care", "womens-aid")
CONTROLLERS = {"social-care": "council", "womens-aid": "charity"}
# Every notice is later than every row: by how much does not matter then.
LATER = datetime(2090, 1, 1, 9, tzinfo=UTC)
_TABLES = "event, repeat, redecision, inbox, delivery, stub, consumed"
_ROWS = """
SELECT agency, seq, event_id, acknowledged_at IS NOT NULL, collected_at IS NOT NULL, arrived
FROM concordat.delivery
UNION ALL
SELECT s.agency, s.seq, d.event_id, s.acknowledged_at IS NOT NULL, NULL, NULL
FROM concordat.stub AS s JOIN concordat.delivery AS d
  ON d.agency = s.agency AND d.id = s.delivery_id
"""


class Crashed(Exception):
    """Deliver dies here."""


class Following:
    """A register feed that is always at the end of a register in memory."""

    def __init__(self, register: Exchange) -> None:
        self._register = register

    @property
    def book(self) -> Book:
        return self._register.book


class ModelWorld:
    """One database for all histories; `begin` empties it. Calls return what came of them."""

    def __init__(self, server: str, folder: Path) -> None:
        self._server, self._folder = server, folder
        self._runner = asyncio.Runner()
        self._stack, self._serving = AsyncExitStack(), AsyncExitStack()
        self._position = 0

    def __enter__(self) -> Self:
        self._run(self._open())
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self._close())
        self._runner.close()

    def begin(self) -> None:
        """An empty inbox for everybody, and a register that all have signed."""
        tables = ", ".join(f"concordat.{each}" for each in _TABLES.split(", "))
        self._run(self._superuser.execute(f"TRUNCATE {tables}"))
        self.register = Exchange()
        self.register.add(agreement())
        self._api.feed.exchange = self.register
        self.routed: list[bytes] = []
        self._admitted = self._noticed = 0
        self._suspensions: dict[str, str] = {}
        self.restart_deliver()
        self._run(self._store.begin_at({0: 0}))

    def route(self, name: str, denied: set[str]) -> None:
        """Admit the event once more and route it under the book of now."""
        whole: dict[str, Any] = {**_CRIME, "id": name}
        if denied:
            whole["withholdfrom"] = ",".join(sorted(denied))
        value = write_event(read_event(json.dumps(whole).encode()))
        record = Record("incidents", 0, self._admitted, b"case-0001", value, CONTENT_TYPE)
        self._admitted += 1
        [output] = route_stage(Topics(), b"k" * 32)([record], self.register.book, LATER)
        self.routed.append(output.value)

    def deliver(self, most: int, *, dies: bool = False) -> None:
        """Store the next records that are routed; or die before COMMIT."""
        begin, end = self._position, min(self._position + most, len(self.routed))
        if begin == end:
            return
        records = (read_record(0, number, self.routed[number]) for number in range(begin, end))
        batch = Batch(tuple(records), (Move(0, begin, end),))
        store = self._new_store(_die) if dies else self._store
        self._run(store.store(batch))
        self._position = end

    def look(self) -> None:
        """Deliver looks at what is held."""
        feed: Any = Following(self.register)
        now = LATER + timedelta(hours=2)
        follower = RegisterFollower(feed, self._pool, Readiness(), lambda: now, do_nothing)
        self._run(follower._look(self.register.book))

    def suspend(self, agency: str) -> int:
        """One notice; returns how many."""
        self._suspensions[agency] = self._notify(CONTROLLERS[agency], "suspend")
        return 1

    def resume(self, agency: str) -> int:
        """Both agree; returns how many notices that took."""
        resumes = self._suspensions.pop(agency)
        for controller in (CONTROLLERS[agency], "police-authority"):
            self._notify(controller, "resume", resumes)
        return 2

    def read(
        self, agency: str, cursor: str | None, limit: int
    ) -> tuple[list[tuple[int, str | None, str | int | None]], str]:
        """A page as the model says it, and its cursor."""
        after = f"&after={cursor}" if cursor else ""
        answer = self._run(self._api.get(agency, f"/v1/inbox?limit={limit}{after}"))
        assert answer.status_code == 200, answer.text
        page = answer.json()
        found = [
            (item["seq"], item["delivery"]["originid"], item.get("arrived"))
            for item in page["items"]
        ] + [(stub["seq"], None, stub.get("moved_to")) for stub in page["stopped"]]
        return sorted(found, key=lambda each: each[0]), page["cursor"]

    def acknowledge(self, agency: str, numbers: set[int]) -> int:
        """The status of the answer."""
        return int(self._run(self._api.acknowledge(agency, *numbers)).status_code)

    def restart_deliver(self) -> None:
        """Begin where the database says."""
        self._store = self._new_store(do_nothing)
        positions = self._run(self._store.positions())
        self._position = positions[0].next_offset if positions else 0

    def restart_api(self) -> None:
        """Another process serves from now on, over the same database."""
        self._run(self._serve())
        self._api.feed.exchange = self.register

    def rows(self) -> dict[str, dict[int, tuple[Any, ...]]]:
        """Every number of every inbox, as it is stored."""
        found: dict[str, dict[int, tuple[Any, ...]]] = {agency: {} for agency in AGENCIES}
        for agency, seq, *rest in self._run(self._superuser.fetch(_ROWS)):
            assert seq not in found[agency]
            found[agency][seq] = tuple(rest)
        return found

    def _notify(self, controller: str, action: str, resumes: str | None = None) -> str:
        self._noticed += 1
        at = LATER + timedelta(seconds=self._noticed)
        return give_notice(
            self.register, agreement(), controller, action, resumes=resumes, at=at, recorded_at=at
        )

    def _new_store(self, hook: Any) -> DeliverStore:
        return DeliverStore(self._pool, Topics(""), LogIdentity("cluster", "topic"), hook)

    async def _open(self) -> None:
        self._database: Database = await self._stack.enter_async_context(
            fresh_database(self._server)
        )
        self._superuser: Pool = await self._stack.enter_async_context(
            asyncpg.create_pool(self._database.superuser, min_size=1, max_size=1)
        )
        self._pool = await self._stack.enter_async_context(
            open_pool(self._database.dsn(DELIVER), max_size=2)
        )
        await self._serve()

    async def _serve(self) -> None:
        await self._serving.aclose()
        self._serving = AsyncExitStack()
        opened = open_api(self._database, self._folder)
        self._api: Api = await self._serving.enter_async_context(opened)

    async def _close(self) -> None:
        await self._serving.aclose()
        await self._stack.aclose()

    def _run(self, doing: Coroutine[Any, Any, Any]) -> Any:
        return self._runner.run(doing)


def _die(_point: str) -> None:
    raise Crashed


_CRIME = {
    "specversion": "1.0",
    "source": "//police",
    "type": "community-safety.crime-recorded.v1",
    "time": "2025-12-01T00:00:00Z",
    "subject": "case-0001",
    "data": {"category": "drugs", "month": "2025-12", "district": "Redditch"},
}
