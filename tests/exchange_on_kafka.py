"""An exchange on a real Kafka: topics and a register of a test's own, stages, load, what came out.

Women's Aid, the police and social care publish; each may send its crimes to the two others.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from pydantic import SecretStr

from builders import Exchange, agreement_of, crime, share_of
from concordat.kafka.lag import committed_positions
from concordat.kafka.topics import Topics
from concordat.kafka.topics_admin import admin_client, apply_topics
from concordat.kafka.topics_file import TopicPlan, read_topics_file, topic_plans
from concordat.runtime.settings import CONTRACTS, Settings
from concordat.stages.routed import RoutedRecord, read_routed
from concordat.streams.clients import common_settings, stage_producer
from concordat.streams.groups import group_of
from forked_process import ForkedProcess
from kafka_log import Written, append, ends_of, read_to_end
from stage_thread import StageThread
from stage_worker import main as run_worker
from waiting import until

PUBLISHERS = ("police", "social-care", "womens-aid")
CONTENT_KEY = "a-key-for-tests"
AGREEMENT = agreement_of(
    effective={"from": "2026-01-01", "until": "2999-12-31"},
    shares=[
        share_of(**{"id": f"crimes-of-{publisher}", "from": [publisher], "to": others})
        for publisher in PUBLISHERS
        for others in [[other for other in PUBLISHERS if other != publisher]]
    ],
)


def event(number: int, publisher: str = "police", cases: int = 20, **changes: Any) -> bytes:
    """A crime of `publisher`; its number is in its id, its case is the number modulo `cases`."""
    whole = {
        **crime(),
        "id": f"{publisher}-{number:08d}",
        "source": f"//{publisher}",
        "subject": f"case-{number % cases:08d}",
        **changes,
    }
    return msgspec.json.encode(whole, order="sorted")


def keyed(events: Iterable[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Each event under its case."""
    return ((msgspec.json.decode(value)["subject"].encode(), value) for value in events)


def signed_register() -> Exchange:
    """A register on which `AGREEMENT` is in force between all three publishers."""
    register = Exchange()
    register.add(AGREEMENT)
    return register


@dataclass
class KafkaExchange:
    """One exchange behind a topic prefix."""

    kafka: str
    topics: Topics
    register: Exchange
    plans: list[TopicPlan]
    folder: Path
    processes: list[ForkedProcess] = field(default_factory=list)
    _registered: int = 0

    def __post_init__(self) -> None:
        self.admin: AdminClient = admin_client(self.kafka)
        self.producer = stage_producer(common_settings(self.kafka, "test"))

    # -- what goes in --------------------------------------------------------------------------

    def write_register(self) -> None:
        """Append to the topic what the register has more than it."""
        fresh = self.register.log[self._registered :]
        records = [(key.encode(), value) for key, value in fresh]
        assert not append(self.producer, self.topics.register, records, "application/json")
        self._registered += len(fresh)

    def publish(self, events: Iterable[bytes], publisher: str = "police") -> None:
        """Write events to the publisher's outbox, acknowledged."""
        assert not append(self.producer, self.topics.outbox(publisher), keyed(events))

    def admit_directly(self, events: Iterable[bytes]) -> None:
        """Write events to `incidents`, as admit would."""
        assert not append(self.producer, self.topics.incidents, keyed(events))

    def plan_of(self, topic: str) -> TopicPlan:
        """How a topic of this exchange is made."""
        [plan] = [plan for plan in self.plans if plan.name == topic]
        return plan

    def make_again(self, topic: str) -> None:
        """Delete a topic and make it again; what is written from now on is in the new one."""
        self.admin.delete_topics([topic])[topic].result(30)
        until(lambda: topic not in self._topics_now(), "the old one is gone")
        apply_topics(self.admin, [self.plan_of(topic)])
        until(lambda: topic in self._topics_now(), "the new one is there")
        # A broker that has not heard of it yet stores in the old one, and says that it has.
        until(lambda: self.written(topic) == 0, "it is empty")

    def _topics_now(self) -> Iterable[str]:
        return self.admin.list_topics(timeout=30).topics

    # -- stages --------------------------------------------------------------------------------

    def settings(self, instance: str = "0", **changes: Any) -> Settings:
        """The settings of a worker."""
        return Settings(
            kafka=self.kafka,
            topic_prefix=self.topics.prefix,
            content_key=SecretStr(CONTENT_KEY),
            instance=instance,
            **changes,
        )

    def thread(self, stage: str, instance: str = "0", **options: Any) -> StageThread:
        """A stage in this process, for a `with` block."""
        return StageThread(stage, self.settings(instance), **options)

    def start(
        self, stage: str, *options: str, instance: str = "0", health_port: int = 0
    ) -> ForkedProcess:
        """A worker process; ended at the latest with the exchange."""
        settings = {
            "CONCORDAT_KAFKA": self.kafka,
            "CONCORDAT_TOPIC_PREFIX": self.topics.prefix,
            "CONCORDAT_CONTENT_KEY": CONTENT_KEY,
            "CONCORDAT_INSTANCE": instance,
            "CONCORDAT_HEALTH_PORT": str(health_port),
        }
        log = self.folder / f"{stage}-{len(self.processes)}.log"
        process = ForkedProcess(run_worker, settings, log, [stage, *options])
        self.processes.append(process)
        return process

    # -- what came out -------------------------------------------------------------------------

    def read(self, topic: str) -> list[Written]:
        """Every record of a topic."""
        return read_to_end(self.kafka, topic)

    def incidents(self) -> list[Written]:
        """Every admission."""
        return self.read(self.topics.incidents)

    def routed(self) -> list[RoutedRecord]:
        """Every decision."""
        return [read_routed(record.value) for record in self.read(self.topics.routed)]

    def written(self, topic: str) -> int:
        """How many records a topic got."""
        return sum(ends_of(self.admin, topic).values())

    def committed(self, stage: str) -> int:
        """The sum of the stage's committed offsets."""
        group = group_of(stage, self.topics)
        positions = committed_positions(self.admin, group, self._sources(stage))
        return sum(position.next_offset for position in positions)

    def behind(self, stage: str) -> int:
        """How many records the stage has not committed; committed first, so never too few."""
        committed = self.committed(stage)
        return sum(self.written(topic) for topic in self._sources(stage)) - committed

    def until_drained(self, *stages: str, seconds: float = 90) -> None:
        """Wait until the stages, in this order, have nothing left."""
        for stage in stages:
            until(partial(self._is_drained, stage), f"{stage} is drained", seconds)

    def _is_drained(self, stage: str) -> bool:
        return self.behind(stage) == 0

    def _sources(self, stage: str) -> list[str]:
        if stage == "route":
            return [self.topics.incidents]
        start = self.topics.outbox("")
        return [
            name for name in self.admin.list_topics(timeout=30).topics if name.startswith(start)
        ]

    def close(self) -> None:
        """End the workers and delete the topics."""
        for process in self.processes:
            process.kill()
        ours = [
            name
            for name in self.admin.list_topics(timeout=30).topics
            if name.startswith(self.topics.prefix)
        ]
        for deleted in self.admin.delete_topics(ours).values() if ours else ():
            try:
                deleted.result(30)
            except KafkaException as error:
                # A broker that was slow to answer is asked again by the client: gone is gone.
                if error.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                    raise


def exchange_plans(
    register: Exchange,
    prefix: str,
    partitions: Mapping[str, int] | None = None,
    replication: int | None = None,
) -> list[TopicPlan]:
    """The topics of the contract; `partitions` replaces counts, by the name without the prefix.

    `replication` is on how many brokers each is, where not as the contract says.
    """
    file = read_topics_file(CONTRACTS / "topics.yaml")
    plans = topic_plans(file, register.book.agencies, prefix)
    counts = {prefix + name: count for name, count in (partitions or {}).items()}
    return [
        replace(
            plan,
            partitions=counts.get(plan.name, plan.partitions),
            replication=replication or plan.replication,
        )
        for plan in plans
    ]


@contextmanager
def open_exchange(
    kafka: str,
    folder: Path,
    register: Exchange | None = None,
    partitions: Mapping[str, int] | None = None,
    replication: int | None = None,
) -> Iterator[KafkaExchange]:
    """Topics made, register written, nothing running."""
    register = register or signed_register()
    topics = Topics(f"t{uuid4().hex[:8]}.")
    plans = exchange_plans(register, topics.prefix, partitions, replication)
    exchange = KafkaExchange(kafka, topics, register, plans, folder)
    apply_topics(exchange.admin, plans)
    try:
        exchange.write_register()
        yield exchange
    finally:
        exchange.close()
