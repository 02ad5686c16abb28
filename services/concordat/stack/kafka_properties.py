"""The embedded broker's settings. Pure."""

from collections.abc import Mapping
from pathlib import Path

from concordat.stack.kafka_quorum import BrokerPorts, Member
from concordat.stack.ports import LOCALHOST

LARGEST_MESSAGE_BYTES = 16 * 1024 * 1024  # a `routed` record holds every delivery of one event

LOG4J = """\
status = warn
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{ISO8601} %p %c{1} %m%n
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
# Two thousand lines of settings at every start otherwise.
logger.config.name = org.apache.kafka.common.config.AbstractConfig
logger.config.level = warn
"""

_BROKER = {
    "process.roles": "broker,controller",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "offsets.topic.num.partitions": "1",
    "transaction.state.log.num.partitions": "4",
    "auto.create.topics.enable": "false",
    "group.initial.rebalance.delay.ms": "0",
}
_SIZES = {
    "message.max.bytes": str(LARGEST_MESSAGE_BYTES),
    "replica.fetch.max.bytes": str(LARGEST_MESSAGE_BYTES),
    "fetch.max.bytes": str(4 * LARGEST_MESSAGE_BYTES),
    "socket.request.max.bytes": str(7 * LARGEST_MESSAGE_BYTES),
    "log.segment.bytes": "67108864",  # bounds what a crash makes it read again
    "log.cleaner.dedupe.buffer.size": "4194304",  # allocated at once; 128 MiB by default
}
_DURABILITY = {
    # A group that was idle for a week would otherwise start over.
    "offsets.retention.minutes": "2147483647",
    # Postgres syncs every commit; without this its offsets could run ahead of the log after a
    # power cut.
    "log.flush.interval.ms": "1000",
}
_RECOVERY = {
    # Ready 3.5 s after a kill instead of 11.6 s.
    "broker.session.timeout.ms": "2000",
    "broker.heartbeat.interval.ms": "500",
    # Offsets are loaded in under a second after a crash. Below 1 MiB the segment size is refused
    # and the offsets topic is silently never created.
    "offsets.topic.segment.bytes": "1048576",
    "log.cleaner.backoff.ms": "1000",
    "log.cleaner.min.cleanable.ratio": "0.1",
}

_QUORUM = {
    # Another controller leads a second after the first one died, not two: with what the brokers'
    # sessions add, partitions have leaders again before a member of a group gives up (ADR 0004).
    "controller.quorum.fetch.timeout.ms": "1000",
}

_INTERNAL_TOPICS = ("offsets.topic", "transaction.state.log", "share.coordinator.state.topic")


def broker_properties(
    ports: BrokerPorts, data: Path, member: Member | None = None
) -> Mapping[str, str]:
    """Return the settings of a broker on 127.0.0.1 that is a controller too.

    It is alone, or a `member` of a quorum: then every record is on three brokers, or on as many as
    there are, and acknowledged by all but one of them.
    """
    controller = f"{LOCALHOST}:{ports.controller}"
    listeners = f"PLAINTEXT://{LOCALHOST}:{ports.clients},CONTROLLER://{controller}"
    return {
        **_BROKER,
        "node.id": str(member.number if member else 1),
        # `quorum.voters` instead would be refused by a format that names the controllers.
        "controller.quorum.bootstrap.servers": member.quorum.controllers if member else controller,
        "listeners": listeners,
        "advertised.listeners": listeners,
        "log.dirs": str(data),
        **_SIZES,
        **_DURABILITY,
        **_RECOVERY,
        **(_QUORUM if member else {}),
        **_replication(len(member.quorum.ports) if member else 1),
    }


def _replication(brokers: int) -> Mapping[str, str]:
    copies = min(brokers, 3)
    least = max(copies - 1, 1)
    return {
        "default.replication.factor": str(copies),
        "min.insync.replicas": str(least),
        # A copy that lacks acknowledged records must never become the truth.
        "unclean.leader.election.enable": "false",
        **{f"{topic}.replication.factor": str(copies) for topic in _INTERNAL_TOPICS},
        **{f"{topic}.min.isr": str(least) for topic in _INTERNAL_TOPICS[1:]},
    }


def properties_text(properties: Mapping[str, str]) -> str:
    """Return `properties` as a Java properties file; a backslash in a value is escaped."""
    escaped = {key: value.replace("\\", "\\\\") for key, value in properties.items()}
    return "".join(f"{key}={value}\n" for key, value in escaped.items())
