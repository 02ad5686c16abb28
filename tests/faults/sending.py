"""Records of any kind into any topic, and where the broker put each."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar

from confluent_kafka import KafkaError, Message

from concordat.streams.clients import common_settings, stage_producer
from concordat_events.envelope import CONTENT_TYPE

Place = tuple[str, int, int]
"""Topic, partition, offset."""
Mark = TypeVar("Mark")
Headers = Mapping[str, str | bytes | None]

_HEADERS: Headers = {"content-type": CONTENT_TYPE}
_FLUSH_SECONDS = 300.0


class Letter(NamedTuple):
    """One record to send."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers = _HEADERS


@dataclass
class Sender(Generic[Mark]):
    """One producer; what is sent carries a mark by which it is found again in `placed`."""

    kafka: str
    name: str = "sender"
    placed: dict[Place, Mark] = field(default_factory=dict)
    refused: list[tuple[Mark, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._producer: Any = stage_producer(common_settings(self.kafka, self.name))

    def send(self, letter: Letter, mark: Mark) -> None:
        """Send without waiting; what is too large for any topic is refused at once."""

        def answered(error: KafkaError | None, message: Message) -> None:
            if error is not None:
                self.refused.append((mark, error.name()))
                return
            partition, offset = message.partition(), message.offset()
            assert partition is not None
            assert offset is not None
            self.placed[letter.topic, partition, offset] = mark

        topic, key, value, headers = letter
        while True:
            try:
                self._producer.produce(topic, value, key, headers=headers, on_delivery=answered)
                break
            except BufferError:
                self._producer.poll(0.1)
        self._producer.poll(0)

    def flush(self) -> None:
        """Return when the broker has answered for everything."""
        assert self._producer.flush(_FLUSH_SECONDS) == 0, "the broker does not answer"

    async def send_all(self, letters: Iterable[tuple[Letter, Mark]]) -> None:
        """Send and wait for the broker, in a thread."""
        await asyncio.to_thread(self._send_all, letters)

    def _send_all(self, letters: Iterable[tuple[Letter, Mark]]) -> None:
        for letter, mark in letters:
            self.send(letter, mark)
        self.flush()
