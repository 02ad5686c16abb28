"""Making the topics as the contract says, and telling where the broker differs."""

from collections.abc import Sequence
from dataclasses import dataclass

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, ResourceType

from concordat.kafka.topics_file import TopicPlan

TIMEOUT = 30.0


@dataclass(frozen=True, slots=True)
class TopicDifference:
    """One way in which the broker differs from the contract."""

    topic: str
    setting: str
    wanted: str
    found: str

    def __str__(self) -> str:
        return f"{self.topic}: {self.setting} is {self.found}, the contract says {self.wanted}"


def admin_client(bootstrap: str, *, patience_ms: int = 60_000) -> AdminClient:
    """Return an administration client; it gives up a broker that is silent for `patience_ms`."""
    return AdminClient(
        {"bootstrap.servers": bootstrap, "log_level": 3, "socket.timeout.ms": patience_ms}
    )


def apply_topics(admin: AdminClient, plans: Sequence[TopicPlan]) -> list[str]:
    """Create the topics that are missing; return their names. Existing ones are not changed."""
    present = admin.list_topics(timeout=TIMEOUT).topics
    missing = [plan for plan in plans if plan.name not in present]
    if not missing:
        return []
    futures = admin.create_topics(
        [
            NewTopic(
                plan.name,
                num_partitions=plan.partitions,
                replication_factor=plan.replication,
                config=plan.config,
            )
            for plan in missing
        ],
        operation_timeout=TIMEOUT,
    )
    for future in futures.values():
        try:
            future.result(TIMEOUT)
        except KafkaException as error:
            # Somebody else made it in between: the same contract, so the same topic.
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise
    return [plan.name for plan in missing]


def check_topics(admin: AdminClient, plans: Sequence[TopicPlan]) -> list[TopicDifference]:
    """Return every difference between the broker and the contract; empty when there is none."""
    present = admin.list_topics(timeout=TIMEOUT).topics
    differences = [
        TopicDifference(plan.name, "topic", "present", "missing")
        for plan in plans
        if plan.name not in present
    ]
    existing = [plan for plan in plans if plan.name in present]
    for plan in existing:
        found = len(present[plan.name].partitions)
        if found != plan.partitions:
            wanted = str(plan.partitions)
            differences.append(TopicDifference(plan.name, "partitions", wanted, str(found)))
    return differences + _config_differences(admin, existing)


def _config_differences(admin: AdminClient, plans: Sequence[TopicPlan]) -> list[TopicDifference]:
    if not plans:
        return []
    resources = {plan.name: ConfigResource(ResourceType.TOPIC, plan.name) for plan in plans}
    futures = admin.describe_configs(list(resources.values()))
    differences = []
    for plan in plans:
        configs = futures[resources[plan.name]].result(TIMEOUT)
        for setting, wanted in plan.config.items():
            found = configs[setting].value if setting in configs else "unknown"
            if found != wanted:
                differences.append(TopicDifference(plan.name, setting, wanted, str(found)))
    return differences
