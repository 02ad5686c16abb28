"""`incidents` between two instants: what was admitted then, in the order of each partition."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from types import TracebackType
from typing import Self, TypeVar

from confluent_kafka import Consumer, KafkaException, Message, TopicPartition

from concordat.kafka.lag import NO_LEADER
from concordat.kafka.messages import record_of
from concordat.stages.record import Record

T = TypeVar("T")

TIMEOUT = 30.0
_BATCH = 2000


class IncidentsUnreadable(RuntimeError):
    """The log cannot be read as it was asked for; the message says why."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A run of records of one partition: from offset `begin` to before `end`."""

    partition: int
    begin: int
    end: int

    @property
    def count(self) -> int:
        """How many records it has: every offset is one, there are no transactions."""
        return self.end - self.begin


class IncidentsLog:
    """Reads parts of one topic; commits nothing and belongs to no group."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self._topic = topic
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": "unused",
                "enable.auto.commit": False,
                "auto.offset.reset": "error",
                "fetch.wait.max.ms": 50,
                "log_level": 3,
            }
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._consumer.close()

    def between(self, since: datetime, until: datetime | None = None) -> list[Stretch]:
        """Return what the log's own clock says was admitted from `since` to before `until`.

        Without `until`, to the end as it is now. What the log no longer holds is left out.
        Raises `IncidentsUnreadable`.
        """
        partitions = self._partitions()
        begins = self._first_at(partitions, since)
        ends = self._first_at(partitions, until) if until else dict[int, int | None]()
        found = []
        for partition in partitions:
            low, high = self._asked(partial(self._watermarks, partition))
            begin, end = begins[partition], ends.get(partition)
            stretch = Stretch(
                partition,
                high if begin is None else max(begin, low),
                high if end is None else end,
            )
            if stretch.count > 0:
                found.append(stretch)
        return found

    def read(self, stretches: Sequence[Stretch]) -> Iterator[list[Record]]:
        """Yield every record of `stretches`, in batches; each partition in its order.

        Raises `IncidentsUnreadable` when records are gone, or none comes for half a minute.
        """
        wanted = [each for each in stretches if each.count > 0]
        ends = {each.partition: each.end for each in wanted}
        self._consumer.assign(
            [TopicPartition(self._topic, each.partition, each.begin) for each in wanted]
        )
        came = time.monotonic()
        while ends:
            batch = []
            for message in self._consumer.consume(_BATCH, 0.5):
                record = _record(message)
                if record is None or record.offset >= ends.get(record.partition, 0):
                    continue
                batch.append(record)
                if record.offset + 1 == ends[record.partition]:
                    del ends[record.partition]
                    place = TopicPartition(self._topic, record.partition)
                    self._consumer.incremental_unassign([place])
            if batch:
                came = time.monotonic()
                yield batch
            elif time.monotonic() - came > TIMEOUT:
                raise IncidentsUnreadable(f"{self._topic} gives no records")

    def _partitions(self) -> list[int]:
        topic = self._asked(lambda: self._consumer.list_topics(self._topic, timeout=TIMEOUT))
        known = topic.topics[self._topic]
        if known.error is not None or not known.partitions:
            raise IncidentsUnreadable(f"there is no topic {self._topic}")
        return sorted(known.partitions)

    def _watermarks(self, partition: int) -> tuple[int, int]:
        place = TopicPartition(self._topic, partition)
        low, high = self._consumer.get_watermark_offsets(place, TIMEOUT, cached=False)
        return int(low), int(high)

    def _first_at(self, partitions: Sequence[int], moment: datetime) -> dict[int, int | None]:
        """The first offset of each partition that was appended at `moment` or later."""
        asked = [TopicPartition(self._topic, each, _milliseconds(moment)) for each in partitions]
        answers = self._asked(lambda: _good(self._consumer.offsets_for_times(asked, TIMEOUT)))
        return {each.partition: each.offset if each.offset >= 0 else None for each in answers}

    def _asked(self, question: Callable[[], T]) -> T:
        """Ask, and ask again while a leader is being elected."""
        deadline = time.monotonic() + TIMEOUT
        while True:
            try:
                return question()
            except KafkaException as error:
                if error.args[0].code() not in NO_LEADER or time.monotonic() > deadline:
                    name = error.args[0].name()
                    raise IncidentsUnreadable(f"{self._topic} cannot be asked: {name}") from error
                time.sleep(0.1)


def _milliseconds(moment: datetime) -> int:
    """Since 1970, as the log counts; a moment between two of its ticks is before the later."""
    return -((datetime.fromtimestamp(0, UTC) - moment) // timedelta(milliseconds=1))


def _good(answers: Sequence[TopicPartition]) -> Sequence[TopicPartition]:
    for each in answers:
        if each.error is not None:
            raise KafkaException(each.error)
    return answers


def _record(message: Message) -> Record | None:
    error = message.error()
    if error is not None:
        if error.retriable() or error.code() in NO_LEADER:
            return None
        raise IncidentsUnreadable(f"the log cannot be read: {error.name()}")
    return record_of(message)
