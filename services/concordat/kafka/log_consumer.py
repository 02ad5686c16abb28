"""A consumer without a group, for partitions and offsets that its caller assigns."""

from typing import Any

from aiokafka import AIOKafkaConsumer

from concordat.kafka.patience import PATIENCE_MS


def log_consumer(bootstrap: str, **more: Any) -> AIOKafkaConsumer:
    """Return it, not started; `more` are further settings of aiokafka's consumer.

    An offset that the log does not have is an error of its own, never another place.
    """
    return AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        auto_offset_reset="none",
        enable_auto_commit=False,
        fetch_max_wait_ms=100,
        request_timeout_ms=PATIENCE_MS,
        metadata_max_age_ms=PATIENCE_MS,
        **more,
    )
