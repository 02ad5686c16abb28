"""Structured logs that cannot carry personal data: only allow-listed fields are written."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

# Counts, codes and opaque ids. A field that is not here is dropped and its name reported,
# so that a payload can never be logged by a new line of code.
ALLOWED_FIELDS = frozenset(
    """event level timestamp module stage service topic partition offset count batch seconds
    agency agreement version reason code fault_count register_offset status method route
    error error_code exit_code pid port topics agencies state attempt duration_ms event_id
    delivery_id record_key generation cluster_id topic_id behind without_offset""".split()  # noqa: SIM905 - a word list reads better as words
)


def _allow_listed(
    _logger: object, _method: str, fields: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    dropped = sorted(set(fields) - ALLOWED_FIELDS)
    kept = {name: value for name, value in fields.items() if name in ALLOWED_FIELDS}
    if dropped:
        kept["code"] = "DROPPED_FIELDS:" + ",".join(dropped)
    return kept


def configure_logs(service: str) -> None:
    """Send JSON lines to stderr, each with the name of the service."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s")
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _allow_listed,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    structlog.contextvars.bind_contextvars(service=service)


def quiet_clients() -> None:
    """Keep the client libraries' remarks on passing states off a person's terminal."""
    for name in ("aiokafka", "kafka", "asyncio"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def get_logger(name: str) -> Any:
    """Return a logger; write `log.info("routed", count=3)`, never a payload."""
    return structlog.get_logger(module=name)
