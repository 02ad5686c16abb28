"""Playing a mixture of events into the outboxes of those who publish them."""

from datetime import UTC, datetime

import pytest

from concordat.publish.play import NoOutbox, play
from concordat_events.envelope import Event
from concordat_events.lines.community_safety import CrimeRecorded


class InMemoryOutbox:
    """Takes events; they count as published once flushed."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.published: list[str] = []

    async def submit(self, event: Event) -> None:
        self.taken.append(event.id)

    async def flush(self) -> None:
        self.published = list(self.taken)


def event(number: int, agency: str) -> Event:
    return Event(
        id=f"crime-{number:04d}",
        source=f"//{agency}",
        type="community-safety.crime-recorded.v1",
        time=datetime(2025, 12, 1, tzinfo=UTC),
        subject=f"case-{number:04d}",
        data=CrimeRecorded(category="drugs", month="2025-12"),
    )


async def test_every_event_goes_to_its_publishers_outbox_in_order() -> None:
    outboxes = {"police": InMemoryOutbox(), "health": InMemoryOutbox()}
    events = [event(1, "police"), event(2, "health"), event(3, "police")]
    assert await play(events, outboxes) == {"police": 2, "health": 1}
    assert outboxes["police"].published == ["crime-0001", "crime-0003"]
    assert outboxes["health"].published == ["crime-0002"]


async def test_an_event_without_an_outbox_goes_into_nobody_elses() -> None:
    outboxes = {"police": InMemoryOutbox()}
    with pytest.raises(NoOutbox, match="health"):
        await play([event(1, "health")], outboxes)
    assert outboxes["police"].taken == []
