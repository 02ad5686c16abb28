"""How far deliver has come, remembered outside of the database: in Kafka, as committed offsets.

Postgres says where to read on, never this. It is written after the rows are, so it is never ahead
of the database that wrote it: where it is ahead, the database is an older one.
"""

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass

from confluent_kafka import KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from concordat.deliver.errors import DatabaseRestored
from concordat.deliver.group_offsets import GroupOffsets
from concordat.deliver.position import LogIdentity, Position
from concordat.kafka.lag import committed_offsets
from concordat.runtime.logs import get_logger

HINT_GROUP = "deliver"
_ASK_SECONDS, _LEAVE_SECONDS, _TURN_SECONDS = 10.0, 2.0, 0.01
_NO_GROUP = (KafkaError.GROUP_ID_NOT_FOUND, KafkaError.UNKNOWN_TOPIC_OR_PART)

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Hinted:
    """The next offset of a partition of log `topic_id`, as a database of `generation` had it."""

    next_offset: int
    topic_id: str
    generation: str


def check_hint(
    topic: str,
    hints: Mapping[int, Hinted],
    stored: Sequence[Position],
    log_identity: LogIdentity,
    generation: str,
) -> None:
    """Raise `DatabaseRestored` when another or a newer database has delivered from this log.

    Positions that were forgotten on purpose say nothing.
    """
    known = {position.partition: position.next_offset for position in stored}
    for partition, hint in hints.items():
        if hint.topic_id != log_identity.topic_id:
            continue
        if hint.generation != generation:
            raise DatabaseRestored(topic, "another database has delivered from it")
        if hint.next_offset > known.get(partition, hint.next_offset):
            what = f"partition {partition} was delivered up to {hint.next_offset}"
            raise DatabaseRestored(topic, f"{what}, the database knows {known[partition]}")


class PositionHint:
    """The hint of one topic. Keeping it up never waits and never fails deliver."""

    def __init__(self, admin: AdminClient, bootstrap: str, group: str, topic: str) -> None:
        self._admin, self._bootstrap = admin, bootstrap
        self._group, self._topic = group, topic
        self._offsets = GroupOffsets(bootstrap, group)
        self._text = ""
        self._kept: dict[int, int] = {}
        self._sending: tuple[Future[None], dict[int, int]] | None = None

    def of(self, log_identity: LogIdentity, generation: str) -> None:
        """Say in which log and by which database the positions are kept up from now on."""
        self._text = f"{log_identity.topic_id} {generation}"
        self._kept = {}

    async def read(self) -> dict[int, Hinted]:
        """Return what was kept, by partition; raises KafkaException when nobody answers."""
        found = await asyncio.to_thread(self._committed)
        hints = {place.partition: _hinted(place) for place in found}
        return {partition: hint for partition, hint in hints.items() if hint is not None}

    def _committed(self) -> Sequence[TopicPartition]:
        known = self._admin.list_topics(self._topic, timeout=_ASK_SECONDS).topics[self._topic]
        places = [TopicPartition(self._topic, partition) for partition in known.partitions]
        return committed_offsets(self._bootstrap, self._group, places) if places else []

    async def write(self, positions: Mapping[int, int]) -> None:
        """Keep these positions before anything else; raises KafkaException, TimeoutError."""
        async with asyncio.timeout(_ASK_SECONDS):
            await self._until_answered()
            sent = self._send(positions)
            await self._until_answered()
        sent.result()

    def keep_up(self, positions: Mapping[int, int]) -> None:
        """Keep the newest positions as soon as the last ones are kept; call it now and then."""
        self._take_answer()
        if self._sending is None and positions != self._kept:
            self._send(positions)

    async def _until_answered(self) -> None:
        self._take_answer()
        while self._sending is not None:
            await asyncio.sleep(_TURN_SECONDS)
            self._take_answer()

    def _take_answer(self) -> None:
        self._offsets.serve()
        if self._sending is None or not self._sending[0].done():
            return
        (sent, positions), self._sending = self._sending, None
        if error := sent.exception():
            log.warning("the hint of the position was not kept", error=type(error).__name__)
        else:
            self._kept = positions

    async def leave(self, positions: Mapping[int, int]) -> None:
        """Keep the last positions, if that is quick."""
        if positions and positions != self._kept:
            with suppress(KafkaException, TimeoutError):
                async with asyncio.timeout(_LEAVE_SECONDS):
                    await self.write(positions)

    async def forget(self) -> None:
        """Forget it all; raises KafkaException."""
        deleted = self._admin.delete_consumer_groups([self._group], request_timeout=_ASK_SECONDS)
        try:
            await asyncio.wrap_future(deleted[self._group])
        except KafkaException as error:
            if error.args[0].code() not in _NO_GROUP:
                raise

    def _send(self, positions: Mapping[int, int]) -> "Future[None]":
        places = [
            TopicPartition(self._topic, partition, offset, metadata=self._text)
            for partition, offset in positions.items()
        ]
        sent = self._offsets.commit(places)
        self._sending = sent, dict(positions)
        return sent


def _hinted(place: TopicPartition) -> Hinted | None:
    said = (place.metadata or "").split(" ")
    if place.offset < 0 or len(said) != 2:
        return None
    return Hinted(place.offset, *said)
