"""The topics of agencies that get their deliveries on Kafka: one producer for all (librdkafka).

Not aiokafka: a producer of its kind that was given up goes on trying and writes later, whatever has
been withdrawn by then. Here what is not written in time is never written (ADR 0012).
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from concordat.inbox.direct_items import DirectItem
from concordat.kafka.topics import Topics
from concordat_events.envelope import CONTENT_TYPE

# How many are written to at once: each takes a thread while Kafka answers.
MOST_AT_ONCE = 4
ANSWERED_WITHIN_SECONDS = 2.0
WRITTEN_WITHIN_SECONDS = 5.0
# The client looks once a second which messages have run out of time.
_SETTLED_WITHIN_SECONDS = WRITTEN_WITHIN_SECONDS + 2.0

_HEADERS: list[tuple[str, str | bytes | None]] = [("content-type", CONTENT_TYPE.encode())]


class DirectTopicUnavailable(Exception):
    """Not every delivery is known to be on the topic; writing all again is harmless.

    `code` says why, in Kafka's words.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class DirectTopics:
    """Writes deliveries to `inbox.<agency>`, in order; the key is the case, so that it keeps its.

    Connects with the first question. A producer that fails is replaced.
    """

    def __init__(self, bootstrap: str, topics: Topics) -> None:
        self._bootstrap, self._topics = bootstrap, topics
        self._producer: Producer | None = None
        # Threads of its own: the API needs those of the event loop.
        self._threads = ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="direct-topics")

    async def check(self, agency: str) -> None:
        """Return when the agency's topic can be written to; raises `DirectTopicUnavailable`."""
        await self._in_thread(partial(_check, self._ready_producer(), self._topics.inbox(agency)))

    async def write(self, agency: str, items: Sequence[DirectItem]) -> None:
        """Return when the broker has acknowledged all; raises `DirectTopicUnavailable`."""
        producer, topic = self._ready_producer(), self._topics.inbox(agency)
        try:
            await self._in_thread(partial(_write, producer, topic, items))
        except DirectTopicUnavailable:
            if producer is self._producer:
                self._producer = None
            raise

    async def close(self) -> None:
        """Give the producer up, with what it has not written."""
        producer, self._producer = self._producer, None
        self._threads.shutdown(wait=False)
        if producer is not None:
            await asyncio.to_thread(_discard, producer)

    async def _in_thread(self, work: Callable[[], None]) -> None:
        await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _ready_producer(self) -> Producer:
        if self._producer is None:
            self._producer = Producer(
                {
                    "bootstrap.servers": self._bootstrap,
                    "client.id": "inbox-direct",
                    "enable.idempotence": True,
                    "max.in.flight": 1,  # ADR 0016
                    # Nothing of a case is written after something of it that was not.
                    "enable.gapless.guarantee": True,
                    "acks": "all",
                    "linger.ms": 2,
                    "partitioner": "murmur2_random",
                    "message.timeout.ms": round(WRITTEN_WITHIN_SECONDS * 1000),
                    "reconnect.backoff.max.ms": 1000,
                    "socket.keepalive.enable": True,
                    "log_level": 3,
                }
            )
        return self._producer


def _check(producer: Producer, topic: str) -> None:
    try:
        found = producer.list_topics(topic, timeout=ANSWERED_WITHIN_SECONDS).topics[topic]
    except KafkaException as error:
        raise DirectTopicUnavailable(error.args[0].name()) from None
    if found.error is not None:
        raise DirectTopicUnavailable(found.error.name())


def _write(producer: Producer, topic: str, items: Sequence[DirectItem]) -> None:
    answers: list[KafkaError | None] = []

    def answered(error: KafkaError | None, _message: Message) -> None:
        answers.append(error)

    deadline = time.monotonic() + _SETTLED_WITHIN_SECONDS
    try:
        for each in items:
            key, value = each.case.encode(), _value(each)
            producer.produce(topic, value, key, headers=_HEADERS, on_delivery=answered)
        while len(answers) < len(items) and time.monotonic() < deadline:
            producer.poll(0.01)
    except KafkaException as error:
        answers.append(error.args[0])
    failed = next((error for error in answers if error is not None), None)
    if failed is not None or len(answers) < len(items):
        _discard(producer)
        raise DirectTopicUnavailable(failed.name() if failed else "NOT_ANSWERED")


def _value(each: DirectItem) -> bytes:
    assert each.item.body is not None, "what was purged is never readable"
    return each.item.body.encode()


def _discard(producer: Producer) -> None:
    producer.purge()
    producer.flush(ANSWERED_WITHIN_SECONDS)


@asynccontextmanager
async def open_direct_topics(bootstrap: str, topics: Topics) -> AsyncIterator[DirectTopics]:
    """Yield the topics on the broker at `bootstrap`."""
    opened = DirectTopics(bootstrap, topics)
    try:
        yield opened
    finally:
        await opened.close()
