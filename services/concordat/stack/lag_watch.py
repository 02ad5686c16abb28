"""Looks at a stack again and again, and judges it by its last ten looks."""

import asyncio
import time
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta

from concordat.agreements.book import Book
from concordat.deliver.progress import progress
from concordat.deliver.writers import count_writers
from concordat.kafka.group_looks import count_members, ends_of, group_positions, look_at
from concordat.kafka.topics import Topics
from concordat.kafka.topics_admin import admin_client
from concordat.postgres.pool import Connection
from concordat.postgres.withheld import WithheldCount, count_withheld
from concordat.stack.inbox_verdict import judge_inbox
from concordat.stack.inboxes import InboxLag, read_inboxes
from concordat.stack.lag import sources_of
from concordat.stack.verdict import Judged, Place, Sample, judge_group
from concordat.streams.groups import group_of

LOOKS = 10  # as Burrow keeps
APART_SECONDS = 1.0
DELIVER = "deliver"

Looks = dict[Place, deque[Sample]]


@dataclass(frozen=True, slots=True)
class InboxJudged:
    """An inbox and how it does."""

    lag: InboxLag
    judged: Judged


class LagWatch:
    """Remembers what it saw; `auditor` is a connection that reads metadata."""

    def __init__(self, bootstrap: str, topics: Topics, auditor: Connection) -> None:
        self._topics, self._auditor = topics, auditor
        self._admin = admin_client(bootstrap)
        self._looks: dict[str, Looks] = {}
        self._highest: dict[str, int] = {}

    async def look(self) -> None:
        """Look once at every partition of every stage."""
        sources = await asyncio.to_thread(sources_of, self._admin, self._topics)
        for stage, topics in sources.items():
            await asyncio.to_thread(self._look_at_group, stage, topics)
        places = await asyncio.to_thread(self._places, [self._topics.routed])
        ends = await asyncio.to_thread(ends_of, self._admin, places)
        consumed = await progress(self._auditor, self._topics.routed)
        positions = {(self._topics.routed, each): at for each, at in consumed.items()}
        await asyncio.to_thread(self._remember, DELIVER, ends, positions)

    async def look_until_told(self, seconds: float) -> None:
        """Look twice, and then until every stage is known to be in step or `seconds` are over."""
        until = time.monotonic() + seconds
        await self.look()
        while True:
            await asyncio.sleep(min(APART_SECONDS, max(until - time.monotonic(), 0.1)))
            await self.look()
            if self._all_in_step() or time.monotonic() >= until:
                return

    async def stages(self) -> dict[tuple[str, str], Judged]:
        """Judge each stage, topic by topic; there were two looks or more."""
        judged = {}
        for stage, looks in self._looks.items():
            members = await self._members(stage)
            for topic in sorted({topic for topic, _ in looks}):
                theirs = {place: list(seen) for place, seen in looks.items() if place[0] == topic}
                judged[stage, topic] = judge_group(_with_two(theirs), members)
        return judged

    async def inboxes(self, book: Book | None) -> list[InboxJudged]:
        """Judge every inbox, by the book."""
        judged = []
        for inbox in await read_inboxes(self._auditor, book):
            agency, last = inbox.lag.agency, inbox.facts.last_seq
            highest = self._highest.get(agency, 0)
            judged.append(InboxJudged(inbox.lag, judge_inbox(inbox.facts, highest)))
            self._highest[agency] = max(highest, last)
        return judged

    async def withheld(self, now: datetime, days: int) -> list[WithheldCount]:
        """Count what signatures and suspensions have withheld for `days`."""
        return await count_withheld(self._auditor, now - timedelta(days=days))

    def _look_at_group(self, stage: str, topics: list[str]) -> None:
        ends = ends_of(self._admin, self._places(topics))
        positions = group_positions(self._admin, group_of(stage, self._topics), topics)
        self._remember(stage, ends, positions)

    def _places(self, topics: list[str]) -> list[Place]:
        known = self._admin.list_topics(timeout=30.0).topics
        return [
            (topic, number)
            for topic in topics
            if topic in known
            for number in known[topic].partitions
        ]

    def _remember(self, stage: str, ends: dict[Place, int], positions: dict[Place, int]) -> None:
        looks = self._looks.setdefault(stage, {})
        at = time.monotonic()
        for place, (position, end) in look_at(self._admin, ends, positions).items():
            looks.setdefault(place, deque(maxlen=LOOKS)).append(Sample(position, end, at))

    def _all_in_step(self) -> bool:
        return all(
            any(sample.behind == 0 for sample in seen)
            for looks in self._looks.values()
            for seen in looks.values()
        )

    async def _members(self, stage: str) -> int:
        if stage == DELIVER:
            return await count_writers(self._auditor)
        group = group_of(stage, self._topics)
        return await asyncio.to_thread(count_members, self._admin, group)


def _with_two(looks: dict[Place, list[Sample]]) -> dict[Place, list[Sample]]:
    """Leave out a partition seen once: it was made, or had no leader, just now."""
    return {place: seen for place, seen in looks.items() if len(seen) > 1}
