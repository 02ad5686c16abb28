"""Where a stage's group stands and how many processes it has, asked again and again."""

from collections.abc import Iterable, Mapping

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from concordat.kafka.lag import NO_LEADER, TIMEOUT, committed_positions

Place = tuple[str, int]
"""Topic and partition."""


def ends_of(admin: AdminClient, places: Iterable[Place]) -> dict[Place, int]:
    """Return the end of each partition; one without a leader at the moment is left out."""
    return _offsets_of(admin, places, OffsetSpec.latest())  # type: ignore[no-untyped-call]


def _offsets_of(admin: AdminClient, places: Iterable[Place], which: OffsetSpec) -> dict[Place, int]:
    wanted = {TopicPartition(*place): which for place in places}
    if not wanted:
        return {}
    found = {}
    for place, answer in admin.list_offsets(wanted, request_timeout=TIMEOUT).items():
        try:
            found[place.topic, place.partition] = answer.result(TIMEOUT).offset
        except KafkaException as error:
            if error.args[0].code() not in NO_LEADER and not error.args[0].retriable():
                raise
    return found


def look_at(
    admin: AdminClient, ends: Mapping[Place, int], positions: Mapping[Place, int]
) -> dict[Place, tuple[int, int]]:
    """Return position and end of each partition; `ends` were asked before `positions`.

    So a stage that is in step shows no lag, however fast the log grows. Only where the position is
    beyond that end is the end asked again: then it is beyond it for good, or it is not. What has
    expired is nobody's work: a position before the start of the log counts as that start.
    """
    again = ends_of(admin, [place for place, end in ends.items() if positions.get(place, 0) > end])
    behind = [place for place, end in ends.items() if positions.get(place, 0) < end]
    starts = _offsets_of(admin, behind, OffsetSpec.earliest())  # type: ignore[no-untyped-call]
    return {
        place: (max(positions.get(place, 0), starts.get(place, 0)), again.get(place, end))
        for place, end in ends.items()
    }


def group_positions(admin: AdminClient, group: str, topics: Iterable[str]) -> dict[Place, int]:
    """Return where the group stands in each partition of `topics`; 0 where it never committed."""
    return {
        (each.topic, each.partition): each.next_offset
        for each in committed_positions(admin, group, topics)
    }


def count_members(admin: AdminClient, group: str) -> int:
    """Return how many processes the group has now; 0 for a group that nobody ever joined."""
    described = admin.describe_consumer_groups([group], request_timeout=TIMEOUT)
    return len(described[group].result(TIMEOUT).members)
