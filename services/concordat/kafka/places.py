"""Places of records, and the records at them."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import NamedTuple, Self

from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from concordat.kafka.incidents_log import IncidentsLog, Stretch
from concordat.stages.record import Record

_TEXT = re.compile(r"([A-Za-z0-9.-]{1,249})/(\d{1,9})/(\d{1,18})")
# Farther apart than this two records are not read in one go.
_NEAR = 1000
_SECONDS = 30.0


class NotAPlace(ValueError):
    """The text is not TOPIC/PARTITION/OFFSET."""


class Place(NamedTuple):
    """Where a record stands."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.topic}/{self.partition}/{self.offset}"

    @classmethod
    def of(cls, text: str) -> Self:
        """Return the place that `text` names; raises `NotAPlace`."""
        found = _TEXT.fullmatch(text)
        if found is None:
            raise NotAPlace("a place is TOPIC/PARTITION/OFFSET")
        return cls(found[1], int(found[2]), int(found[3]))


def still_there(admin: AdminClient, places: Collection[Place]) -> set[Place]:
    """Return those of `places` that their topics still hold."""
    known = admin.list_topics(timeout=_SECONDS).topics
    wanted = {
        (place.topic, place.partition)
        for place in places
        if place.topic in known and place.partition in known[place.topic].partitions
    }
    starts = _offsets(admin, wanted, OffsetSpec.earliest())  # type: ignore[no-untyped-call]
    ends = _offsets(admin, wanted, OffsetSpec.latest())  # type: ignore[no-untyped-call]
    return {
        place
        for place in places
        if (where := (place.topic, place.partition)) in wanted
        and starts[where] <= place.offset < ends[where]
    }


def _offsets(
    admin: AdminClient, wanted: Collection[tuple[str, int]], spec: OffsetSpec
) -> dict[tuple[str, int], int]:
    if not wanted:
        return {}
    asked = {TopicPartition(*where): spec for where in wanted}
    answers = admin.list_offsets(asked, request_timeout=_SECONDS)
    return {
        (each.topic, each.partition): answer.result(_SECONDS).offset
        for each, answer in answers.items()
    }


def records_at(bootstrap: str, places: Collection[Place]) -> Iterator[list[Record]]:
    """Yield the records at `places`, which are still there, in batches and in order.

    Raises `IncidentsUnreadable` when a topic no longer gives them.
    """
    by_topic: defaultdict[str, defaultdict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for place in sorted(places):
        by_topic[place.topic][place.partition].append(place.offset)
    for topic, partitions in by_topic.items():
        with IncidentsLog(bootstrap, topic) as log:
            for partition, offsets in partitions.items():
                wanted = set(offsets)
                for stretch in stretches_of(partition, offsets):
                    for batch in log.read([stretch]):
                        yield [record for record in batch if record.offset in wanted]


def stretches_of(partition: int, offsets: Collection[int]) -> Iterator[Stretch]:
    """Yield the fewest stretches that have all `offsets`, sorted, and no long way between them."""
    begin = end = -1
    for offset in offsets:
        if begin >= 0 and offset - end > _NEAR:
            yield Stretch(partition, begin, end)
            begin = -1
        begin = offset if begin < 0 else begin
        end = offset + 1
    if begin >= 0:
        yield Stretch(partition, begin, end)
