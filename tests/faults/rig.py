"""An exchange of a bar's own on shared servers: topics, register, database, worker processes."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from joserfc.jwk import OKPKey

from builders import Exchange
from concordat.inbox.token_keys import new_token_key, write_public_keys
from concordat.inbox.tokens import issue_token
from concordat.postgres.roles import API, AUDITOR, DELIVER
from concordat.runtime.clock import system_clock
from concordat.runtime.settings import Settings
from concordat.stack.ports import pick_port
from exchange_on_kafka import CONTENT_KEY, KafkaExchange, open_exchange
from faults.bar import Ground
from faults.bearer import Bearer
from faults.workers import Worker
from integration.postgres.databases import Database, fresh_database
from waiting import until

DRAINED_SECONDS = 300.0


@dataclass
class Rig:
    """`exchange` has the topics and the register, `database` what deliver stores.

    What waits here waits for conditions; methods that are not `async` block: call them through
    `asyncio.to_thread` where other tasks must go on.
    """

    exchange: KafkaExchange
    database: Database
    superuser: "asyncpg.Pool[asyncpg.Record]"
    folder: Path
    token_key: OKPKey
    planted: str | None = None
    workers: dict[str, Worker] = field(default_factory=dict)
    _ports: dict[str, int] = field(default_factory=dict)

    # -- workers -------------------------------------------------------------------------------

    def start(
        self, service: str, instance: str = "0", *, poison: bytes | None = None, **changes: str
    ) -> Worker:
        """Start admit, route, deliver or inbox (again, after its end); `changes` are settings.

        A stage raises whenever a record that holds `poison` is before it.
        """
        name = f"{service}-{instance}"
        before = self.workers.get(name)
        assert before is None or not before.is_running, f"{name} runs already"
        environment = self._environment(name, instance) | changes
        worker = Worker(service, instance, environment, self.folder, self.planted, poison)
        self.workers[name] = worker
        return worker

    def start_all(self, **instances: int) -> None:
        """Start so many of each service and wait until one of each says that it works."""
        for service, count in instances.items():
            for number in range(count):
                self.start(service, str(number))
        for service in instances:
            self.until_works(service)

    def of(self, service: str) -> list[Worker]:
        """The running workers of a service."""
        return [
            each for each in self.workers.values() if each.service == service and each.is_running
        ]

    def until_works(self, service: str, seconds: float = 240) -> None:
        """Wait until any worker of a service says that it works."""

        def holds() -> bool:
            running = self.of(service)
            ended = [each for each in self.workers.values() if each.service == service]
            assert running, f"no {service} runs: {ended[-1].tail() if ended else ''}"
            return any(each.ready()[0] for each in running)

        until(holds, f"{service} works", seconds)

    def kill_all(self) -> None:
        """End every worker with SIGKILL."""
        for worker in self.workers.values():
            worker.kill()

    def _environment(self, name: str, instance: str) -> dict[str, str]:
        service = name.rpartition("-")[0]
        port = self._ports.get(name)
        if port is None:
            port = self._ports[name] = pick_port(taken=tuple(self._ports.values()))
        settings = {
            "KAFKA": self.exchange.kafka,
            "TOPIC_PREFIX": self.exchange.topics.prefix,
            "CONTENT_KEY": CONTENT_KEY,
            "INSTANCE": instance,
            "TOKEN_KEYS": str(self.folder / "token-keys.json"),
            "PORT" if service == "inbox" else "HEALTH_PORT": str(port),
        }
        if service in ("deliver", "inbox"):
            settings["POSTGRES"] = self.database.dsn(DELIVER if service == "deliver" else API)
        return {f"CONCORDAT_{key}": value for key, value in settings.items()}

    @property
    def ports(self) -> Mapping[str, int]:
        """Where each worker that was ever started answers over HTTP, by its name."""
        return self._ports

    # -- the inbox API -------------------------------------------------------------------------

    def api(self, instance: str = "0") -> str:
        """The base address of an inbox worker."""
        return f"http://127.0.0.1:{self._ports[f'inbox-{instance}']}"

    def token(self, agency: str) -> str:
        """A bearer token of an agency."""
        settings, now = Settings(), system_clock()
        issuer, audience = settings.token_issuer, settings.token_audience
        return issue_token(agency, self.token_key, issuer=issuer, audience=audience, now=now)

    def client(self, agency: str, instance: str = "0", **options: Any) -> httpx.AsyncClient:
        """A client that calls the API as `agency`."""
        bearer = Bearer(partial(self.token, agency))
        given = {"timeout": 40, "trust_env": False, **options}
        return httpx.AsyncClient(base_url=self.api(instance), auth=bearer, **given)

    # -- what came out -------------------------------------------------------------------------

    def auditor_dsn(self) -> str:
        """The database as an auditor sees it."""
        return self.database.dsn(AUDITOR)

    async def ask(self, query: str, *arguments: Any) -> list[asyncpg.Record]:
        """Rows, as the database's superuser sees them."""
        return await self.superuser.fetch(query, *arguments)

    async def stored_events(self) -> int:
        """How many events are decided in the database."""
        return int(await self.superuser.fetchval("SELECT count(*) FROM concordat.event"))

    async def undelivered(self) -> int:
        """How many `routed` records deliver has not stored yet."""
        written = await asyncio.to_thread(self.exchange.written, self.exchange.topics.routed)
        stored = await self.superuser.fetchval(
            "SELECT coalesce(sum(next_offset), 0) FROM concordat.consumed WHERE topic = $1",
            self.exchange.topics.routed,
        )
        return written - int(stored)

    async def until_drained(self, seconds: float = DRAINED_SECONDS) -> None:
        """Wait until everything published is admitted, routed and stored."""
        drained = partial(self.exchange.until_drained, "admit", "route", seconds=seconds)
        await asyncio.to_thread(drained)
        async with asyncio.timeout(seconds):
            while await self.undelivered() > 0:  # noqa: ASYNC110 - another process's progress
                await asyncio.sleep(0.1)


@asynccontextmanager
async def open_rig(
    ground: Ground,
    register: Exchange | None = None,
    partitions: Mapping[str, int] | None = None,
    servers: tuple[str, str] | None = None,
    replication: int | None = None,
) -> AsyncIterator[Rig]:
    """Topics made, register written (all three publishers share crimes), database migrated.

    Nothing runs yet. `servers` (Kafka, PostgreSQL as superuser) are those of the ground's stacks
    unless told, `replication` is the contract's. Every worker is ended and everything deleted on
    leaving.
    """
    kafka, postgres = servers or await _shared(ground)
    folder = ground.stacks.folder("rig")
    key = new_token_key()
    (folder / "token-keys.json").write_bytes(write_public_keys(key))
    async with fresh_database(postgres) as database:
        opened = open_exchange(kafka, folder, register, partitions, replication)
        exchange = await asyncio.to_thread(opened.__enter__)
        try:
            async with asyncpg.create_pool(database.superuser, min_size=1, max_size=4) as pool:
                rig = Rig(exchange, database, pool, folder, key, ground.planted_in_workers)
                try:
                    yield rig
                finally:
                    await asyncio.to_thread(rig.kill_all)
        finally:
            await asyncio.to_thread(opened.__exit__, None, None, None)


async def _shared(ground: Ground) -> tuple[str, str]:
    infrastructure = await ground.stacks.infrastructure()
    return infrastructure.kafka, infrastructure.postgres
