"""The API in this process, on a real database, with a book that a test can change at any moment."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from fastapi import FastAPI
from joserfc.jwk import OKPKey

from builders import RECORDED, Exchange, agreement_of
from concordat.agreements.book import Book
from concordat.agreements.history import History
from concordat.inbox.app import create_app
from concordat.inbox.arrivals import Arrivals
from concordat.inbox.dependencies import Dependencies
from concordat.inbox.listener import CHANNEL, listen
from concordat.inbox.token_keys import TokenKeys, new_token_key, write_public_keys
from concordat.inbox.tokens import TokenVerifier, issue_token
from concordat.kafka.incident import IncidentsUnavailable
from concordat.kafka.register_log import RegisterRecord
from concordat.kafka.register_writer import RegisterNotWritten
from concordat.postgres.pool import open_pool
from concordat.postgres.roles import API, DELIVER
from concordat.runtime.clock import system_clock
from concordat_events.envelope import Event
from integration.postgres.databases import Database

WRITTEN = datetime(2026, 11, 22, 12, 0, 1, tzinfo=UTC)
ISSUER, AUDIENCE = "https://issuer.invalid", "concordat"
AGREEMENT = agreement_of(
    effective={"from": "2020-01-01", "until": "2099-12-31"},
    review_by="2099-12-31",
    dpia={"ref": "DPIA-1", "approved": "2019-11-30"},
)

_DELIVERY = """
INSERT INTO concordat.delivery (agency, seq, id, source, event_id, publisher, subject, event_type,
                                agreement, version, law, shares, body, register_offset)
VALUES ($1, $2, $3, '//' || $4, 'event-0001', $4, 'case-0001',
        'community-safety.crime-recorded.v1', $5, $6, 'protect', 'all-crimes', $7, $8)
"""
_EVENT = """
INSERT INTO concordat.event (source, id, publisher, type, subject, event_time, synthetic, content,
    admission_partition, admission_offset, register_offset, decided_at, shared, withheld)
VALUES ('//' || $1, $2, $1, 'community-safety.crime-recorded.v1', 'case-0001',
        '2025-12-01T00:00:00Z', false, '', 0, $3, 7, '2026-11-22T12:00:00Z', $4, $5)
"""
_LAST = """
INSERT INTO concordat.inbox AS i (agency, last_seq) VALUES ($1, $2)
ON CONFLICT (agency) DO UPDATE SET last_seq = greatest(i.last_seq, excluded.last_seq)
"""
_STUB = """
INSERT INTO concordat.stub (agency, seq, delivery_id, reason, moved_to, acknowledged_at)
SELECT agency, seq, id, $3, $4, acknowledged_at FROM concordat.delivery
WHERE agency = $1 AND seq = $2
"""
_MOVE = """
UPDATE concordat.delivery SET seq = $3, arrived = $4, acknowledged_at = NULL
WHERE agency = $1 AND seq = $2
"""
_REDECISION = """
INSERT INTO concordat.redecision (replay, source, id, agency, publisher, register_offset,
    decided_at, shared, withheld, delivered)
VALUES ($1, '//' || $2, $3, $4, $2, 8, $5, $6, $7, $8)
"""
_REPEAT = """
INSERT INTO concordat.repeat (admission_partition, admission_offset, source, id, publisher,
                              conflict)
VALUES (0, $3, '//' || $1, $2, $1, $4)
"""


@dataclass
class Feed:
    """The book of an exchange; `before_book` runs each time just before the book is read."""

    exchange: Exchange
    seconds_old: float = 0.0
    reads: int = 0
    before_book: Callable[[int], None] = lambda _reads: None
    recorded: dict[int, datetime] = field(default_factory=dict)  # by offset, where it matters

    @property
    def book(self) -> Book:
        return self.exchange.book

    def age(self) -> float:
        self.reads += 1
        self.before_book(self.reads)
        return self.seconds_old

    async def book_at(self, instant: datetime) -> Book:
        history = History()
        for offset, (key, value) in enumerate(self.exchange.log):
            history.add(key, value, offset=offset, recorded_at=self.recorded.get(offset, RECORDED))
        return history.book_at(instant)


@dataclass
class Machine:
    """The machine that the API runs on; its clock may be wrong."""

    behind: timedelta = timedelta()

    def clock(self) -> datetime:
        return system_clock() - self.behind


@dataclass
class Outboxes:
    """Remembers what was published."""

    published: list[tuple[str, Event]] = field(default_factory=list)

    async def publish(self, agency: str, events: Sequence[Event]) -> None:
        self.published.extend((agency, event) for event in events)


@dataclass
class Log:
    """What `incidents` holds, by partition and offset."""

    records: dict[tuple[int, int], bytes] = field(default_factory=dict)
    away: bool = False

    async def read(self, partition: int, offset: int) -> bytes | None:
        if self.away:
            raise IncidentsUnavailable
        return self.records.get((partition, offset))


@dataclass
class RegisterTopic:
    """Takes what is written into the exchange at once; `refusing`, as if a key had just ended."""

    exchange: Exchange
    written: list[RegisterRecord] = field(default_factory=list)
    away: bool = False
    refusing: bool = False

    async def write(self, record: RegisterRecord) -> datetime:
        if self.away:
            raise RegisterNotWritten
        self.written.append(record)
        self.exchange.write(record.key, b"{}" if self.refusing else record.value, WRITTEN)
        return WRITTEN


@dataclass
class Api:
    """The API and what stands behind it."""

    app: FastAPI
    database: Database
    feed: Feed
    outboxes: Outboxes
    incidents: Log
    register: RegisterTopic
    arrivals: Arrivals
    key: OKPKey
    machine: Machine

    @property
    def exchange(self) -> Exchange:
        return self.feed.exchange

    def token(self, agency: str) -> str:
        now = system_clock()
        return issue_token(agency, self.key, issuer=ISSUER, audience=AUDIENCE, now=now)

    def client(self, agency: str | None = None) -> httpx.AsyncClient:
        """A client that calls as `agency`."""
        headers = {"Authorization": f"Bearer {self.token(agency)}"} if agency else {}
        transport = httpx.ASGITransport(self.app)
        return httpx.AsyncClient(transport=transport, base_url="http://inbox", headers=headers)

    async def call(self, agency: str | None, method: str, path: str, **sent: Any) -> httpx.Response:
        async with self.client(agency) as client:
            return await client.request(method, path, **sent)

    async def get(self, agency: str, path: str) -> httpx.Response:
        return await self.call(agency, "GET", path)

    async def acknowledge(self, agency: str, *seqs: int) -> httpx.Response:
        return await self.call(agency, "POST", "/v1/inbox/ack", json={"seqs": seqs})

    async def deliver(
        self,
        agency: str,
        *seqs: int,
        body: str | None = None,
        version: int = 1,
        register_offset: int = 0,
    ) -> None:
        """Put deliveries from the police into an inbox, and announce them, as deliver does."""
        async with self._as(DELIVER) as connection:
            for seq in seqs:
                delivery_id = f"{agency}-{seq}".encode().hex()[:32].ljust(32, "0")
                text = body or delivery(delivery_id, seq)
                row = (agency, seq, delivery_id, "police", AGREEMENT.id, version, text)
                await connection.execute(_DELIVERY, *row, register_offset)
                await connection.execute(_LAST, agency, seq)
            await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, agency)

    async def move(self, agency: str, seq: int, to: int, *, reason: str = "RELEASED") -> None:
        """Give an item another number, and announce it, as deliver does."""
        arrived = "released" if reason == "RELEASED" else "replayed"
        async with self._as(DELIVER) as connection, connection.transaction():
            await connection.execute(_STUB, agency, seq, reason, to)
            await connection.execute(_MOVE, agency, seq, to, arrived)
            await connection.execute(_LAST, agency, to)
            await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, agency)

    async def purge(self, agency: str, seq: int) -> None:
        """Empty an item, as deliver does."""
        await self.run(
            f"""UPDATE concordat.delivery SET body = NULL, purged_at = now()
                WHERE agency = '{agency}' AND seq = {seq}"""
        )

    async def decide_again(
        self, publisher: str, event_id: str, agency: str, at: datetime, **decided: Any
    ) -> None:
        """Store what a replay decided for an agency."""
        values = (json.dumps(decided.get(each, [])) for each in ("shared", "withheld", "delivered"))
        about = (f"replay-{at:%H%M}", publisher, event_id, agency, at)
        async with self._as(DELIVER) as connection:
            await connection.execute(_REDECISION, *about, *values)

    async def decide(
        self, publisher: str, event_id: str, offset: int, *, shared: Any = (), withheld: Any = ()
    ) -> None:
        """Store a decision on an event."""
        async with self._as(DELIVER) as connection:
            decided = (json.dumps(list(shared)), json.dumps(list(withheld)))
            await connection.execute(_EVENT, publisher, event_id, offset, *decided)

    async def repeat(self, publisher: str, event_id: str, offset: int, *, conflict: bool) -> None:
        """Store a later admission of an event."""
        async with self._as(DELIVER) as connection:
            await connection.execute(_REPEAT, publisher, event_id, offset, conflict)

    async def column(self, agency: str, name: str) -> dict[int, Any]:
        """A column of an inbox, by number."""
        async with self._as(None) as connection:
            query = f"SELECT seq, {name} FROM concordat.delivery WHERE agency = $1"
            return dict(await connection.fetch(query, agency))

    async def run(self, statement: str) -> None:
        """Run a statement as the superuser."""
        async with self._as(None) as connection:
            await connection.execute(statement)

    @asynccontextmanager
    async def _as(self, role: str | None) -> AsyncIterator[Any]:
        dsn = self.database.dsn(role) if role else self.database.superuser
        connection = await asyncpg.connect(dsn)
        try:
            yield connection
        finally:
            await connection.close()


def delivery(delivery_id: str, number: int) -> str:
    """A delivery as JSON text; its data says which."""
    content = {
        "specversion": "1.0",
        "id": delivery_id,
        "source": "//concordat",
        "type": "community-safety.crime-recorded.v1",
        "subject": "case-0001",
        "time": "2025-12-01T00:00:00Z",
        "origin": "//police",
        "originid": "event-0001",
        "agreement": AGREEMENT.id,
        "agreementversion": 1,
        "shares": "all-crimes",
        "purpose": AGREEMENT.purpose,
        "gateway": "ca2004-s11",
        "lawfulbasis": "gdpr-6-1-e",
        "onward": "none",
        "withheld": "context",
        "data": {"category": f"number-{number}"},
    }
    return json.dumps(content)


@asynccontextmanager
async def open_api(database: Database, folder: Path) -> AsyncIterator[Api]:
    """The API over `database`, with an exchange whose one agreement everybody has signed."""
    exchange = Exchange()
    exchange.add(AGREEMENT)
    assert exchange.keeper.register.refused == []
    key = new_token_key()
    key_file = folder / "token-keys.json"
    key_file.write_bytes(write_public_keys(key))
    tokens = TokenVerifier(
        TokenKeys(key_file), issuer=ISSUER, audience=AUDIENCE, clock=system_clock
    )
    feed, outboxes, incidents, arrivals = Feed(exchange), Outboxes(), Log(), Arrivals()
    register, machine = RegisterTopic(exchange), Machine()
    dsn = database.dsn(API)
    async with open_pool(dsn) as pool, listen(dsn, arrivals):
        needs = Dependencies(
            pool=pool,
            feed=feed,
            arrivals=arrivals,
            outbox=outboxes,
            incidents=incidents,
            register=register,
            tokens=tokens,
            clock=machine.clock,
        )
        app = create_app(needs)
        yield Api(app, database, feed, outboxes, incidents, register, arrivals, key, machine)


async def until(condition: Callable[[], bool]) -> None:
    """Return once `condition` holds; a test fails after ten seconds."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - it is not ours to set an event for
            await asyncio.sleep(0.01)
