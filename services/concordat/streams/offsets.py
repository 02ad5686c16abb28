"""Offsets of work that is done: committed, or kept until the group's coordinator is back."""

from collections.abc import Iterable

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from concordat.stages.record import Record
from concordat.streams.sources import Sources

# Not ours to commit any more: another owner repeats the work, or the topic or the offset is gone.
NOT_OURS = frozenset(
    {
        KafkaError.ILLEGAL_GENERATION,
        KafkaError.UNKNOWN_MEMBER_ID,
        KafkaError.REBALANCE_IN_PROGRESS,
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError._NO_OFFSET,  # noqa: SLF001 - librdkafka's own codes are spelt so
        KafkaError._ASSIGNMENT_LOST,  # noqa: SLF001
        KafkaError._STATE,  # noqa: SLF001
    }
)
# The coordinator is away, or moves: what it has not taken now it takes later. The library tries
# again by itself for a while and calls none of these retriable.
AWAY = frozenset(
    {
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
        KafkaError.COORDINATOR_NOT_AVAILABLE,
        KafkaError.NOT_COORDINATOR,
        KafkaError.REQUEST_TIMED_OUT,
        KafkaError.NETWORK_EXCEPTION,
        KafkaError._WAIT_COORD,  # noqa: SLF001
        KafkaError._TIMED_OUT,  # noqa: SLF001
        KafkaError._TIMED_OUT_QUEUE,  # noqa: SLF001
        KafkaError._TRANSPORT,  # noqa: SLF001
        KafkaError._ALL_BROKERS_DOWN,  # noqa: SLF001
    }
)


class Offsets:
    """From where the next owner of each of a worker's partitions goes on.

    Every offset handed to `done` is of acknowledged work, so that a commit, whenever it comes,
    moves past nothing that is not written.
    """

    def __init__(self, consumer: Consumer, sources: Sources) -> None:
        self._consumer, self._sources = consumer, sources
        self._done: dict[tuple[str, int], int] = {}

    def done(self, records: Iterable[Record]) -> None:
        """Note that what comes of `records` is written and acknowledged."""
        for record in records:
            self._done[record.topic, record.partition] = record.offset + 1

    def forget(self) -> None:
        """Commit nothing of what is done: the partitions are another's now."""
        self._done.clear()

    def commit(self) -> list[KafkaError]:
        """Commit what is done; return what was refused. Asks nobody when nothing is done.

        When a refusal says that the coordinator is away, all is kept for the next call; otherwise
        all is forgotten: what was refused, another owner repeats. Raises `KafkaException` for any
        other refusal.
        """
        if not self._done:
            return []
        refused = self._refusals()
        for error in refused:
            if error.code() not in NOT_OURS | AWAY:
                raise KafkaException(error)
        if not any(error.code() in AWAY for error in refused):
            self._done.clear()
        return refused

    def _refusals(self) -> list[KafkaError]:
        """The broker refuses the whole, or single partitions."""
        identity_of = self._sources.identity_of
        offsets = [
            TopicPartition(topic, number, at, identity_of(topic))
            for (topic, number), at in self._done.items()
        ]
        try:
            results = self._consumer.commit(offsets=offsets, asynchronous=False)
        except KafkaException as error:
            return [error.args[0]]
        return [result.error for result in results if result.error]
