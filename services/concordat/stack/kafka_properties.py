"""The embedded broker's settings. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

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

_SINGLE_NODE = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
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


@dataclass(frozen=True)
class BrokerPorts:
    """Where the broker serves clients, and where it talks to its own controller."""

    clients: int
    controller: int


def broker_properties(ports: BrokerPorts, data: Path) -> Mapping[str, str]:
    """Return the settings of a single broker that is its own controller, on 127.0.0.1."""
    controller = f"{LOCALHOST}:{ports.controller}"
    listeners = f"PLAINTEXT://{LOCALHOST}:{ports.clients},CONTROLLER://{controller}"
    return {
        **_SINGLE_NODE,
        # `quorum.voters` instead would be refused by a standalone format.
        "controller.quorum.bootstrap.servers": controller,
        "listeners": listeners,
        "advertised.listeners": listeners,
        "log.dirs": str(data),
        **_SIZES,
        **_DURABILITY,
        **_RECOVERY,
    }


def properties_text(properties: Mapping[str, str]) -> str:
    """Return `properties` as a Java properties file; a backslash in a value is escaped."""
    escaped = {key: value.replace("\\", "\\\\") for key, value in properties.items()}
    return "".join(f"{key}={value}\n" for key, value in escaped.items())
