"""Commits offsets for a group in which nobody consumes."""

from collections.abc import Sequence
from concurrent.futures import Future

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

_GIVEN_UP_MS = 10_000


class GroupOffsets:
    """One commit at a time: `commit`, then `serve` now and then until it is answered.

    Not by an AdminClient: librdkafka 2.16 ends the process when the connection to the group's
    coordinator breaks while that client asks something of it.
    """

    def __init__(self, bootstrap: str, group: str) -> None:
        self._waiting: Future[None] | None = None
        # Never closed: nothing is subscribed, and that would wait for a coordinator that is away.
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": group,
                "enable.auto.commit": False,
                "on_commit": self._answered,
                "socket.timeout.ms": _GIVEN_UP_MS,
                "log_level": 3,
            }
        )

    def commit(self, places: Sequence[TopicPartition]) -> "Future[None]":
        """Begin; the result raises KafkaException when Kafka has refused it or has not answered."""
        assert self._waiting is None, "the last commit is not answered"
        waiting: Future[None] = Future()
        try:
            self._consumer.commit(offsets=list(places), asynchronous=True)
        except KafkaException as error:
            waiting.set_exception(error)
        else:
            self._waiting = waiting
        return waiting

    def serve(self) -> None:
        """Take the answer in, if it is there; returns at once."""
        self._consumer.poll(0)

    def _answered(self, error: KafkaError | None, places: Sequence[TopicPartition]) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is None:
            return
        refused = error or next((each.error for each in places if each.error), None)
        if refused is None:
            waiting.set_result(None)
        else:
            waiting.set_exception(KafkaException(refused))
