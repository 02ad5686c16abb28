"""Which topics a stage reads: one that was deleted and made again is another (KIP-516).

A consumer goes by name. It would go on at its old place in the new topic, skip what lies before it,
and commit that as done.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from concordat.kafka.topic_identity import ask_identities
from concordat.runtime.errors import SourceMadeAgain

EVERY_SECONDS = 5.0
ANSWER_SECONDS = 1.0
PATIENCE_SECONDS = 10.0
GONE_SECONDS = 2.0
AGAIN_SECONDS = 0.1


class Sources:
    """The identities of the topics that a worker's partitions belong to.

    Each is asked when partitions are assigned, before anything is read of them, and committed with
    every offset: so an offset of a topic that is gone is known for one, whoever comes next.
    """

    def __init__(self, admin: AdminClient) -> None:
        self._admin = admin
        self._identities: Mapping[str, str] = {}
        self._asked = float("-inf")

    def identity_of(self, topic: str) -> str:
        """The identity of the topic that is read under this name; empty for one that is gone."""
        return self._identities.get(topic, "")

    def places(self, consumer: Consumer, partitions: Sequence[TopicPartition]) -> "Places":
        """From where newly assigned partitions are read.

        A topic that no broker knows within 2 s is gone. Raises `KafkaException` or `TimeoutError`
        when no broker says anything within 10 s.
        """
        if not partitions:
            self._identities = {}
            return Places([], 0, 0)
        topics, began = {each.topic for each in partitions}, time.monotonic()
        while True:
            try:
                identities = ask_identities(self._admin, topics)
                committed = consumer.committed(list(partitions), timeout=ANSWER_SECONDS)
            except (KafkaException, TimeoutError):
                if time.monotonic() > began + PATIENCE_SECONDS:
                    raise
            else:  # a broker may not have heard yet of a topic that was just made
                if topics <= identities.keys() or time.monotonic() > began + GONE_SECONDS:
                    break
            time.sleep(AGAIN_SECONDS)
        # One that is gone is known as such: what comes under its name is another.
        self._identities = {topic: identities.get(topic, "") for topic in topics}
        self._asked = time.monotonic()
        return _places(committed, identities)

    def check(self) -> None:
        """Ask again, every 5 s at most; raises `SourceMadeAgain` when a topic is another now."""
        if not self._identities or time.monotonic() - self._asked < EVERY_SECONDS:
            return
        self._asked = time.monotonic()
        try:
            now = ask_identities(self._admin, self._identities)
        except (KafkaException, TimeoutError):
            return  # what is committed meanwhile says of which topic it is
        for topic, identity in now.items():
            if identity != self._identities[topic]:
                raise SourceMadeAgain(f"{topic} was deleted and made again")


@dataclass(frozen=True, slots=True)
class Places:
    """The partitions with their places, how many are read from their start, and why."""

    partitions: list[TopicPartition]
    fresh: int
    """Without a committed offset: just made, or the offsets were lost. All is done again."""
    made_again: int
    """With an offset of a topic that was there before under this name."""


def _places(committed: Iterable[TopicPartition], identities: Mapping[str, str]) -> Places:
    partitions, fresh, made_again = [], 0, 0
    for each in committed:
        place = TopicPartition(each.topic, each.partition)  # where it was committed
        if each.offset < 0:
            fresh += 1
        elif each.metadata and each.metadata != identities.get(each.topic, each.metadata):
            made_again += 1
            place.offset = OFFSET_BEGINNING
        partitions.append(place)
    return Places(partitions, fresh, made_again)
