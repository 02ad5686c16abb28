"""Inboxes filled by deliver's own code, and fed to topics of a test's own on a real Kafka.

Social care is direct in one agreement of two; Women's Aid is a party of both and direct in none.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import uuid4

import msgspec
from aiokafka import AIOKafkaProducer

from builders import agreement_of, share_of
from concordat.agreements.document import Agreement
from concordat.deliver.held_items import find_due
from concordat.deliver.insert_deliveries import insert_deliveries
from concordat.deliver.open_items import read_open_items
from concordat.deliver.past import Past
from concordat.deliver.purge import purge
from concordat.deliver.release import release
from concordat.deliver.rows import DeliveryRow
from concordat.deliver.store import do_nothing
from concordat.inbox.dependencies import Dependencies
from concordat.inbox.direct_feed import DirectFeed
from concordat.inbox.direct_topics import DirectTopics
from concordat.kafka.topics import Topics
from concordat.kafka.topics_admin import admin_client, apply_topics
from concordat.kafka.topics_file import read_topics_file, topic_plans
from concordat.postgres.pool import Pool, open_pool
from concordat.postgres.roles import API, DELIVER
from concordat.runtime.clock import system_clock
from concordat.runtime.settings import CONTRACTS
from integration.inbox.api import AGREEMENT, Api
from kafka_log import Written, read_to_end
from notices import give_notice

CARE, AID = "social-care", "womens-aid"
CONTROLLERS = ("council", "police-authority")


def direct_agreement(version: int = 1, *, direct: bool = True, **changes: Any) -> Agreement:
    """Crimes of the police to social care, on Kafka too, and to Women's Aid, in the inbox only."""
    parties = {name: party.model_dump() for name, party in AGREEMENT.parties.items()}
    terms: dict[str, Any] = {
        "id": "direct-agreement",
        "version": version,
        "effective": {"from": "2020-01-01", "until": "2099-12-31"},
        "review_by": "2099-12-31",
        "dpia": {"ref": "DPIA-1", "approved": "2019-11-30"},
        "parties": parties | {CARE: {**parties[CARE], "direct": direct}},
        "shares": [share_of(to=[CARE, AID])],
    }
    return agreement_of(**{**terms, **changes})


DIRECT = direct_agreement()


class _Item(msgspec.Struct):
    seq: int
    delivery: msgspec.Raw


class _Page(msgspec.Struct):
    items: list[_Item]


@dataclass(frozen=True)
class DirectInbox:
    """The API, deliver's connections, and the topics that are fed."""

    api: Api
    kafka: str
    topics: Topics
    deliver: Pool

    @property
    def needs(self) -> Dependencies:
        """What the API stands on."""
        found = self.api.app.state.dependencies
        assert isinstance(found, Dependencies)
        return found

    # -- what goes in ----------------------------------------------------------------------------

    async def store(
        self,
        agency: str,
        *names: str,
        under: Agreement = DIRECT,
        case: str = "case-0001",
        keep_until: date | None = None,
        ahead: int = 0,
    ) -> None:
        """Deliver crimes of the police, decided under the book of now, or `ahead` of it."""
        known = self.needs.feed.book.register_offset + ahead
        rows = [
            DeliveryRow(
                agency=agency,
                id=f"{agency}-{name}",
                source="//police",
                event_id=name,
                publisher="police",
                subject=case,
                event_type="community-safety.crime-recorded.v1",
                agreement=under.id,
                version=under.version,
                law="protect",
                shares="all-crimes",
                # With spaces and a letter that JSON could write otherwise: bytes must stay.
                body=json.dumps(
                    {"id": f"{agency}-{name}", "data": {"category": "Größe"}}, indent=1
                ),
                keep_until=keep_until,
                collect_by=None,
                register_offset=known,
            )
            for name in names
        ]
        async with self.deliver.acquire() as connection, connection.transaction():
            await insert_deliveries(connection, rows)

    async def settle(self) -> None:
        """Let a minute pass for every number."""
        await self.api.run(
            "UPDATE concordat.delivery SET numbered_at = numbered_at - interval '1 minute'"
        )

    def notify(self, controller: str, action: str, **about: Any) -> str:
        """A notice of now about the direct agreement."""
        now = system_clock()
        about = {"at": now, "recorded_at": now, **about}
        return give_notice(self.api.exchange, DIRECT, controller, action, **about)

    async def follow_register(self) -> None:
        """Release and purge what is due, with deliver's own code."""
        book, now = self.needs.feed.book, system_clock()
        past = Past(book.register, now)
        due = find_due(await read_open_items(self.deliver), book, past)
        for agency, held in due.released.items():
            await release(self.deliver, agency, held, past, do_nothing)
        for item in due.purged:
            await purge(self.deliver, item)

    async def make_topics(self, *direct: str) -> None:
        """As the contract has them, for these agencies."""
        file = read_topics_file(CONTRACTS / "topics.yaml")
        plans = topic_plans(file, (), self.topics.prefix, direct=direct)
        await asyncio.to_thread(apply_topics, admin_client(self.kafka), plans)

    async def write_register(self) -> None:
        """Write the register to its topic."""
        async with AIOKafkaProducer(bootstrap_servers=self.kafka) as producer:
            for key, value in self.api.exchange.log:
                await producer.send_and_wait(self.topics.register, value, key=key.encode())

    # -- the feed --------------------------------------------------------------------------------

    @asynccontextmanager
    async def feeder(
        self, topics: DirectTopics | None = None, **options: Any
    ) -> AsyncIterator[DirectFeed]:
        """A feed with connections of its own, as of another process."""
        opened = topics or DirectTopics(self.kafka, self.topics)
        try:
            async with open_pool(self.api.database.dsn(API)) as locks:
                yield DirectFeed(self.needs, locks, opened, **options)
        finally:
            await opened.close()

    async def feed(self, agency: str = CARE) -> None:
        """Feed what there is in one inbox."""
        async with self.feeder() as feed:
            while await feed.turn(agency):
                pass

    # -- what came out ---------------------------------------------------------------------------

    async def fed(self, agency: str = CARE) -> list[Written]:
        """Every record of the agency's topic, partition by partition."""
        return await asyncio.to_thread(read_to_end, self.kafka, self.topics.inbox(agency))

    async def names(self, agency: str = CARE) -> list[str]:
        """Which events came, for a topic whose records are of one case."""
        found = [json.loads(record.value)["id"] for record in await self.fed(agency)]
        return [name.removeprefix(f"{agency}-") for name in found]

    async def until_fed(self, count: int, agency: str = CARE) -> None:
        """Wait until so many records are there."""
        async with asyncio.timeout(30):
            while len(await self.fed(agency)) < count:  # noqa: ASYNC110 - the broker's event
                await asyncio.sleep(0.05)

    async def served(self, agency: str = CARE) -> dict[int, bytes]:
        """What the API returns as the item with each number, byte by byte."""
        response = await self.api.get(agency, "/v1/inbox?all=true&limit=500")
        page = msgspec.json.decode(response.content, type=_Page)
        return {item.seq: bytes(item.delivery) for item in page.items}

    async def column(self, name: str, agency: str = CARE) -> dict[str, Any]:
        """A column of the inbox, by event."""
        query = f"SELECT event_id, {name} FROM concordat.delivery WHERE agency = $1 ORDER BY seq"
        async with open_pool(self.api.database.superuser, max_size=1) as pool:
            return {row[0]: row[1] for row in await pool.fetch(query, agency)}

    async def collected(self, agency: str = CARE) -> list[str]:
        """The events that the agency counts as a holder of."""
        marks = await self.column("collected_at", agency)
        return [name for name, mark in marks.items() if mark]

    async def position(self, agency: str = CARE) -> int | None:
        """Up to which number the inbox is fed."""
        async with open_pool(self.api.database.superuser, max_size=1) as pool:
            query = "SELECT seq FROM concordat.direct_feed WHERE agency = $1"
            found: int | None = await pool.fetchval(query, agency)
            return found


def _body(delivery_id: str) -> str:
    """With spaces and letters that JSON could write otherwise: no byte may change."""
    content = {"id": delivery_id, "data": {"category": "Gr\u00f6\u00dfe / \u2028"}}
    return json.dumps(content, indent=1, ensure_ascii=False)


@asynccontextmanager
async def open_direct_inbox(api: Api, kafka: str) -> AsyncIterator[DirectInbox]:
    """With empty inboxes and without topics; both agreements are signed by all."""
    await api.run("TRUNCATE concordat.inbox, concordat.direct_feed")
    api.exchange.add(DIRECT)
    assert api.exchange.keeper.register.refused == []
    topics = Topics(f"direct-{uuid4().hex[:8]}.")
    async with open_pool(api.database.dsn(DELIVER)) as deliver:
        yield DirectInbox(api, kafka, topics, deliver)
    await asyncio.to_thread(_delete_topics, kafka, topics)


def _delete_topics(kafka: str, topics: Topics) -> None:
    admin = admin_client(kafka)
    ours = [name for name in admin.list_topics(timeout=30).topics if name.startswith(topics.prefix)]
    for deleted in admin.delete_topics(ours).values() if ours else ():
        deleted.result(30)
