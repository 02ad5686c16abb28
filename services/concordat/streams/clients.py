"""The stages' consumer and producer; each setting answers something seen on a real broker."""

from confluent_kafka import Consumer, Producer

MAX_RECORD = 16 * 1024 * 1024
IN_FLIGHT = 1
"""Produce requests at a time: with more, the library may report as written what no broker has.

A partition that is just being made refuses the first request and takes the second, for it knows
nothing of the producer yet; the library then infers that the first was written too (ADR 0016).
"""


def common_settings(bootstrap: str, client_id: str) -> dict[str, object]:
    """What every handle of a stage has in common."""
    return {
        "bootstrap.servers": bootstrap,
        "client.id": client_id,
        # The default of five minutes left a new outbox undiscovered.
        "topic.metadata.refresh.interval.ms": 5000,
        "reconnect.backoff.max.ms": 1000,
        # A broker that stands still: what it has in hand goes to the next leader after so long.
        "socket.timeout.ms": 6000,
        # A connection that was begun meanwhile may never be answered, also when the broker goes on.
        "socket.connection.setup.timeout.ms": 3000,
        "socket.keepalive.enable": True,
        "log_level": 3,
    }


def stage_consumer(common: dict[str, object], group: str, strategy: str) -> Consumer:
    """A consumer that moves no offset by itself and never skips forward."""
    return Consumer(
        {
            **common,
            "group.id": group,
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "auto.offset.reset": "earliest",
            "partition.assignment.strategy": strategy,
            # Longer than a broker takes to restart, or another to lead (5 to 6 s): else the member
            # gives up its place, and its return waits for the place to expire.
            "session.timeout.ms": 7000,
            "heartbeat.interval.ms": 1000,
            "max.poll.interval.ms": 60000,
            "fetch.wait.max.ms": 100,
            "fetch.message.max.bytes": MAX_RECORD,
            "receive.message.max.bytes": 8 * MAX_RECORD,
        }
    )


def stage_producer(common: dict[str, object]) -> Producer:
    """An idempotent producer that places keys where Java and aiokafka place them (murmur2)."""
    return Producer(
        {
            **common,
            "enable.idempotence": True,
            "max.in.flight": IN_FLIGHT,
            "acks": "all",
            "linger.ms": 2,
            "compression.type": "lz4",
            "batch.size": 512 * 1024,
            "partitioner": "murmur2_random",
            "message.timeout.ms": 60000,
            "message.max.bytes": MAX_RECORD,
            "queue.buffering.max.messages": 500_000,
        }
    )
