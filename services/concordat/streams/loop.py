"""The one loop that runs a stage: consume, book to its end, decide, produce, acknowledged, commit.

At least once and nothing more: a crash anywhere repeats work, and a repeat carries the same
identity. Offsets only ever move past what the broker has acknowledged.
"""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition

from concordat.agreements.book import Book
from concordat.kafka.messages import record_of
from concordat.kafka.write_records import FLUSH_SECONDS, hand_over
from concordat.runtime.clock import Clock, is_behind
from concordat.runtime.errors import ClockBehind, NotAcknowledged, RegisterUnavailable
from concordat.runtime.health import Health
from concordat.runtime.logs import get_logger
from concordat.stages.record import Output, Record, Stage
from concordat.streams.metrics import StageMetrics
from concordat.streams.offsets import Offsets
from concordat.streams.register_feed import StrictRegisterFeed
from concordat.streams.sources import Sources

log = get_logger(__name__)

POINTS = ("consumed", "produced", "acknowledged", "committed")
"""Where a fault test may stop or kill the worker, in the order they are passed."""

BATCH = 1000
WAIT_SECONDS = 0.025
IDLE_SECONDS = 1.0
LEAVE_AFTER_SECONDS = 60.0

# A topic was deleted, or the broker is away: the client goes on by itself.
PASSING = frozenset(
    {
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError._PARTITION_EOF,  # noqa: SLF001
        KafkaError._UNKNOWN_PARTITION,  # noqa: SLF001
        KafkaError._UNKNOWN_TOPIC,  # noqa: SLF001
        KafkaError._TRANSPORT,  # noqa: SLF001
        KafkaError._ALL_BROKERS_DOWN,  # noqa: SLF001
        KafkaError._MAX_POLL_EXCEEDED,  # noqa: SLF001
    }
)


@dataclass(frozen=True, slots=True)
class LoopParts:
    """What the loop is made of; the composition root builds them."""

    consumer: Consumer
    producer: Producer
    feed: StrictRegisterFeed
    sources: Sources
    stage: Stage
    health: Health
    metrics: StageMetrics
    clock: Clock
    hook: Callable[[str], None] = lambda _point: None
    patience: float = LEAVE_AFTER_SECONDS
    """Seconds without a usable register after which the worker leaves."""


class StageLoop:
    """Runs one stage until `stop` is set; any error it does not know leaves `run`."""

    def __init__(self, parts: LoopParts) -> None:
        self._parts = parts
        self._offsets = Offsets(parts.consumer, parts.sources)
        self.stop = threading.Event()
        self._refused: KafkaError | None = None
        self._batch: list[Record] = []
        self._paused_since: float | None = None
        self._checked = float("-inf")

    def run(self, source: str) -> None:
        """Consume `source` (a topic, or a pattern from `^`) until stopped."""
        parts = self._parts
        parts.consumer.subscribe([source], on_assign=self._assigned, on_revoke=self._revoked)
        try:
            while not self.stop.is_set():
                self._turn()
        finally:
            parts.health.set_not_ready("stopped")
            parts.consumer.close()
            parts.feed.close()

    def _turn(self) -> None:
        parts = self._parts
        batch = self._batch = self._consume(WAIT_SECONDS)
        if not batch and time.monotonic() - self._checked < IDLE_SECONDS:
            return
        if batch:
            parts.hook("consumed")
        book = self._book(batch)
        if book is None:
            return
        parts.sources.check()
        if not batch:
            self._commit(batch)  # what a coordinator that was away has still to take
            return
        started = time.perf_counter()
        outputs = parts.stage(batch, book, parts.clock())
        self._produce(outputs)
        parts.hook("produced")
        self._wait_for_acknowledgements()
        parts.hook("acknowledged")
        self._commit(batch)
        parts.metrics.worked(len(batch), len(outputs), time.perf_counter() - started)
        parts.hook("committed")

    def _consume(self, wait: float) -> list[Record]:
        messages = self._parts.consumer.consume(BATCH, wait)
        records = (record_of(message) for message in messages if _is_record(message))
        identity_of = self._parts.sources.identity_of
        return [record._replace(log=identity_of(record.topic)) for record in records]

    # -- the book, or a pause ------------------------------------------------------------------

    def _book(self, batch: list[Record]) -> Book | None:
        """The book at the register's end; while there is none the batch is held, paused."""
        while not self.stop.is_set():
            try:
                book = self._parts.feed.catch_up()
                self._check_clock(batch)
            except RegisterUnavailable as error:
                self._pause(error)
                batch += self._consume(0.1)  # keeps the membership; paused partitions give nothing
                continue
            self._checked = time.monotonic()
            self._resume()
            return book
        return None

    def _check_clock(self, batch: Sequence[Record]) -> None:
        newest = max((record.written_at for record in batch), default=0)
        log_time = max(self._parts.feed.newest, datetime.fromtimestamp(newest / 1000, UTC))
        if is_behind(self._parts.clock(), log_time):
            raise ClockBehind("the clock is behind the newest log time")

    def _pause(self, error: RegisterUnavailable) -> None:
        consumer = self._parts.consumer
        if self._paused_since is None:
            self._paused_since = time.monotonic()
            log.error("stage-paused", reason=str(error))
        self._parts.health.set_not_ready(str(error))
        self._parts.metrics.paused.set(1)
        consumer.pause(consumer.assignment())
        if time.monotonic() - self._paused_since > self._parts.patience:
            raise error

    def _resume(self) -> None:
        consumer = self._parts.consumer
        if self._paused_since is not None:
            self._paused_since = None
            consumer.resume(consumer.assignment())
            log.info("stage-resumed")
        self._parts.metrics.paused.set(0)
        self._parts.health.set_ready()

    def _assigned(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        places = self._parts.sources.places(consumer, partitions)
        consumer.assign(places.partitions)
        if self._paused_since is not None:
            consumer.pause(partitions)
        else:
            # A partition that left us while paused comes back paused, and would stay so for ever.
            consumer.resume(partitions)
        log.info("assigned", count=len(partitions), without_offset=places.fresh)
        if places.made_again:
            log.warning("source-made-again", count=places.made_again)

    def _revoked(self, _consumer: Consumer, _partitions: list[TopicPartition]) -> None:
        self._offsets.forget()
        self._batch.clear()  # held in a pause: the next owner reads it

    # -- produce, acknowledged, commit ---------------------------------------------------------

    def _produce(self, outputs: Sequence[Output]) -> None:
        producer = self._parts.producer
        for count, output in enumerate(outputs, 1):
            hand_over(producer, output, self._delivered)
            if count % 1024 == 0:
                producer.poll(0)

    def _delivered(self, error: KafkaError | None, _message: Message) -> None:
        if error is not None:
            self._refused = error

    def _wait_for_acknowledgements(self) -> None:
        unsent = self._parts.producer.flush(FLUSH_SECONDS)
        if unsent or self._refused is not None:
            code = self._refused.name() if self._refused else "timeout"
            raise NotAcknowledged(f"{unsent} records not acknowledged: {code}")

    def _commit(self, batch: Sequence[Record]) -> None:
        self._offsets.done(batch)
        refused = self._offsets.commit()
        if refused:
            self._parts.metrics.commits_refused.inc()
            log.info("commit-refused", error_code=refused[0].name(), count=len(refused))


def _is_record(message: Message) -> bool:
    error = message.error()
    if error is None:
        return True
    if error.code() in PASSING or error.retriable():
        return False
    raise KafkaException(error)
