"""Plays events into the outboxes of the agencies that publish them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Protocol

from concordat_events.envelope import Event


class Outbox(Protocol):
    """Where one agency's events go; `concordat_events.publisher.Publisher` is one."""

    async def submit(self, event: Event) -> None:
        """Take the event for sending; wait only for room."""

    async def flush(self) -> None:
        """Wait until everything taken is acknowledged."""


class NoOutbox(LookupError):
    """An event's publisher has no outbox here."""


async def play(events: Iterable[Event], outboxes: Mapping[str, Outbox]) -> Counter[str]:
    """Publish each event to its publisher's outbox; return the number acknowledged per agency.

    `outboxes` is by agency. Order holds within an agency. Raises `NoOutbox`, and what an outbox
    raises, `PublishFailed` for Kafka; what was taken before that may have been published.
    """
    played: Counter[str] = Counter()
    for event in events:
        outbox = outboxes.get(event.publisher)
        if outbox is None:
            raise NoOutbox(f"there is no outbox for {event.publisher}")
        await outbox.submit(event)
        played[event.publisher] += 1
    for outbox in outboxes.values():
        await outbox.flush()
    return played
