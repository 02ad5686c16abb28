"""Which logs stand behind the names of topics now (aiokafka cannot ask for a topic's id)."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient

from concordat.deliver.position import LogIdentity

_ASK_SECONDS = 10.0
_MISSING = (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC)  # noqa: SLF001 - its public name of a client-side code


@dataclass(frozen=True, slots=True)
class DescribedLog:
    """Which log it is, and its partitions in order."""

    identity: LogIdentity
    partitions: tuple[int, ...]


async def describe_logs(admin: AdminClient, topics: Sequence[str]) -> dict[str, DescribedLog]:
    """Return the logs of these topics, those that exist; raises KafkaException."""
    described = admin.describe_topics(TopicCollection(list(topics)), request_timeout=_ASK_SECONDS)
    cluster = admin.describe_cluster(request_timeout=_ASK_SECONDS)
    found = {}
    for name in topics:
        try:
            found[name] = await asyncio.wrap_future(described[name])
        except KafkaException as error:
            if error.args[0].code() not in _MISSING:
                raise
    cluster_id = str((await asyncio.wrap_future(cluster)).cluster_id)
    return {
        name: DescribedLog(
            LogIdentity(cluster_id, str(topic.topic_id)),
            tuple(sorted(partition.id for partition in topic.partitions)),
        )
        for name, topic in found.items()
    }
