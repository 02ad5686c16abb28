"""The register for a stage: brought to its end before every batch, or the batch waits (P3)."""

import time
from datetime import UTC, datetime

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient

from concordat.agreements.book import Book, BookKeeper
from concordat.kafka.messages import record_of
from concordat.kafka.topic_identity import SILENCE_MS, TopicIdentity
from concordat.runtime.errors import RegisterUnavailable
from concordat.runtime.logs import get_logger

FIRST_LOAD_SECONDS = 60.0
CATCH_UP_SECONDS = 2.0
RENEW_SECONDS = 5.0

log = get_logger(__name__)


class StrictRegisterFeed:
    """A plain consumer of the register's one partition, and a second handle that asks for its end.

    The question has a handle of its own: on the consumer it would queue behind the long poll.
    """

    def __init__(self, common: dict[str, object], topic: str) -> None:
        group = {
            **common,
            "group.id": "unused",
            "enable.auto.commit": False,
            # Otherwise an unfinished transaction hides every notice written after it.
            "isolation.level": "read_uncommitted",
        }
        self._topic, self._group = topic, group
        self._reader = Consumer({**group, "auto.offset.reset": "error", "fetch.wait.max.ms": 50})
        self._asker = Consumer(group)
        self._asked, self._said = time.monotonic(), ""
        settings: dict[str, object] = {**common, "socket.timeout.ms": SILENCE_MS}
        self.admin = AdminClient(settings)  # type: ignore[arg-type]
        """Also for whoever else asks about topics: that a broker is gone is then learnt once."""
        self._identity = TopicIdentity(self.admin, topic)
        self._reader.assign([TopicPartition(topic, 0, 0)])
        self._keeper = BookKeeper()
        self._position = 0
        self._loaded = False
        self._lost = ""
        self.newest = datetime.fromtimestamp(0, UTC)

    def catch_up(self) -> Book:
        """Return the book at the register's end as of this call.

        Raises `RegisterUnavailable` when the end is not reached within 2 s (60 s the first time),
        or when the register is shorter than it was, does not begin at 0 or was made again. One
        that was shorter once is not believed again: it may have grown by other records.
        """
        if self._lost:
            raise RegisterUnavailable(self._lost)
        limit = CATCH_UP_SECONDS if self._loaded else FIRST_LOAD_SECONDS
        deadline = time.monotonic() + limit
        low, high = self._ask(limit)
        if high < self._position:
            self._lost = "the register is shorter than last seen"
            raise RegisterUnavailable(self._lost)
        if low > 0:
            raise RegisterUnavailable("the register's beginning is missing")
        self._compare()
        while self._position < high:
            if time.monotonic() > deadline:
                raise RegisterUnavailable("the register could not be read to its end in time")
            # Exactly what is missing: asking for more would wait for it.
            for message in self._reader.consume(min(high - self._position, 10_000), 0.5):
                self._apply(message)
        self._loaded = True
        return self._keeper.book

    def close(self) -> None:
        """Close the handles."""
        self._reader.close()
        self._asker.close()

    def _ask(self, limit: float) -> tuple[int, int]:
        try:
            answer = self._asker.get_watermark_offsets(
                TopicPartition(self._topic, 0), min(limit, CATCH_UP_SECONDS), cached=False
            )
        except KafkaException as error:
            self._ask_anew(error.args[0].name())
            raise RegisterUnavailable("the register's end cannot be asked") from error
        if answer is None:
            self._ask_anew("no answer")
            raise RegisterUnavailable("the register's end was not told in time")
        self._asked, self._said = time.monotonic(), ""
        low, high = answer
        return int(low), int(high)

    def _compare(self) -> None:
        try:
            same = self._identity.is_same()
        except (KafkaException, TimeoutError) as error:
            raise RegisterUnavailable("the register's identity cannot be asked") from error
        if not same:
            raise RegisterUnavailable("the register is another than was read")

    def _ask_anew(self, code: str) -> None:
        """Ask through a new handle once one has failed for a while: some never come back."""
        if code != self._said:  # it is asked again ten times a second
            log.warning("register-not-asked", error_code=code)
            self._said = code
        if time.monotonic() - self._asked > RENEW_SECONDS:
            self._asker.close()
            self._asker = Consumer(self._group)
            self._asked = time.monotonic()

    def _apply(self, message: Message) -> None:
        error = message.error()
        if error is not None:
            if error.retriable() or error.code() < 0:
                return  # the deadline of the caller decides
            raise RegisterUnavailable(f"the register cannot be read: {error.name()}")
        record = record_of(message)
        recorded_at = datetime.fromtimestamp(record.written_at / 1000, UTC)
        key = record.key.decode("utf-8", "replace") if record.key else None
        self._keeper.apply(key, record.value, offset=record.offset, recorded_at=recorded_at)
        self._position = record.offset + 1
        self.newest = max(self.newest, recorded_at)
