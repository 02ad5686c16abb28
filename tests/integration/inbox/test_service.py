import asyncio
import socket
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import httpx
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from pydantic import SecretStr

from builders import crime
from concordat.inbox.service import open_port, run_inbox
from concordat.inbox.token_keys import write_public_keys
from concordat.kafka.topics import Topics
from concordat.postgres.roles import API
from concordat.runtime.settings import Settings
from concordat.stack.ports import pick_port
from integration.inbox.api import Api


async def write_register(kafka: str, topics: Topics, log: list[tuple[str, bytes]]) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.create_topics(
        [NewTopic(topics.register, 1, 1), NewTopic(topics.outbox("police"), 1, 1)]
    )
    await admin.close()
    async with AIOKafkaProducer(bootstrap_servers=kafka) as producer:
        for key, value in log:
            await producer.send_and_wait(topics.register, value, key=key.encode())


async def test_the_process_serves_until_it_is_told_to_stop(
    kafka: str, api: Api, tmp_path: Path
) -> None:
    topics = Topics(f"inbox-{uuid4().hex[:8]}.")
    await write_register(kafka, topics, api.exchange.log)
    keys = tmp_path / "keys.json"
    keys.write_bytes(write_public_keys(api.key))
    settings = Settings(
        kafka=kafka,
        topic_prefix=topics.prefix,
        postgres=SecretStr(api.database.dsn(API)),
        token_issuer="https://issuer.invalid",
        token_keys=keys,
        port=pick_port(),
    )
    stop = asyncio.Event()
    running = asyncio.create_task(run_inbox(settings, stop))
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{settings.port}",
        headers={"Authorization": f"Bearer {api.token('police')}"},
        timeout=20,
    ) as client:
        await until_ready(client, running)
        await api.deliver("police", 1)
        page = (await client.get("/v1/inbox")).json()
        assert [item["seq"] for item in page["items"]] == [1]
        accepted = await client.post(
            "/v1/events", json=crime(), headers={"Content-Type": "application/cloudevents+json"}
        )
        assert accepted.status_code == 202
        waiting = asyncio.create_task(client.get(page["links"]["next"] + "&wait=30"))
        await asyncio.sleep(0.3)
        stop.set()
        assert (await waiting).json()["items"] == []
        async with asyncio.timeout(10):
            await running


async def until_ready(client: httpx.AsyncClient, running: asyncio.Task[None]) -> None:
    async with asyncio.timeout(20):
        while not running.done():
            with suppress(httpx.TransportError):
                if (await client.get("/health/ready")).status_code == 200:
                    return
            await asyncio.sleep(0.05)
    await running


def test_a_connection_sends_a_short_body_without_waiting_for_an_acknowledgement() -> None:
    with (
        open_port("127.0.0.1", 0) as listening,
        socket.create_connection(listening.getsockname()),
        listening.accept()[0] as accepted,
    ):
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
