"""The inbox against its model: publish, deliver, read, acknowledge, suspend, resume, restart.

`CONCORDAT_MODEL_EXAMPLES` says how many drawn histories; each has up to 40 steps.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from inbox_model import InboxModel, Item, Stub
from integration.inbox.model_world import AGENCIES, Crashed, ModelWorld

EXAMPLES = int(os.environ.get("CONCORDAT_MODEL_EXAMPLES", "20"))  # noqa: TID251 - the tests' own

agencies = st.sampled_from(AGENCIES)
limits = st.sampled_from((100, 5, 2, 1))


class InboxMachine(RuleBasedStateMachine):
    """Draws what happens next, and compares every answer and every row."""

    world: ClassVar[ModelWorld]

    def __init__(self) -> None:
        super().__init__()
        self.world.begin()
        self.inboxes = {agency: InboxModel() for agency in AGENCIES}
        self.waiting: list[tuple[str, frozenset[str], int]] = []
        self.events = self.notices = 0
        self.decided: set[str] = set()
        self.cursors: dict[str, tuple[str | None, int]] = dict.fromkeys(AGENCIES, (None, 0))

    @initialize(count=st.integers(2, 6))
    def begin(self, count: int) -> None:
        """Something is there to be held, from the start."""
        self.publish(count, set(), again=False)
        self.deliver(count, dies=False)

    @rule(count=st.integers(1, 4), denied=st.sets(agencies, max_size=1), again=st.booleans())
    def publish(self, count: int, denied: set[str], again: bool) -> None:
        """New events, or one that was published before, perhaps with other contents."""
        suspended = {agency for agency in AGENCIES if self.inboxes[agency].suspended}
        first = self.events // 2 if again and self.events else self.events
        for number in range(first, first + (1 if again else count)):
            name = f"event-{number:04d}"
            self.events = max(self.events, number + 1)
            self.world.route(name, denied)
            shared = frozenset(set(AGENCIES) - denied - suspended)
            self.waiting.append((name, shared, self.notices))

    @rule(most=st.integers(1, 8), dies=st.booleans())
    def deliver(self, most: int, dies: bool) -> None:
        """A batch, or one that dies before COMMIT and leaves nothing."""
        if dies and self.waiting:
            with pytest.raises(Crashed):
                self.world.deliver(most, dies=True)
            return
        self.world.deliver(most)
        for name, shared, state in self.waiting[:most]:
            if name not in self.decided:
                self.decided.add(name)
                for agency in shared:
                    self.inboxes[agency].deliver(name, state)
        del self.waiting[:most]

    @rule(
        agency=agencies, limit=st.sampled_from((100, 5, 2, 1)), on=st.booleans(), put=st.booleans()
    )
    def read(self, agency: str, limit: int, on: bool, put: bool) -> None:
        """A page from the start or on from the last one; put away, or not."""
        text, after = self.cursors[agency] if on else (None, 0)
        page, text = self.world.read(agency, text, limit)
        assert page == self.inboxes[agency].read(after, limit)
        self.cursors[agency] = text, page[-1][0] if page else after
        if put and page:
            self._acknowledge(agency, {number for number, *_ in page})

    @rule(agency=agencies, numbers=st.sets(st.integers(1, 12), min_size=1, max_size=4))
    def acknowledge(self, agency: str, numbers: set[int]) -> None:
        """Any numbers, seen or not."""
        self._acknowledge(agency, numbers)

    def _acknowledge(self, agency: str, numbers: set[int]) -> None:
        known = self.inboxes[agency].acknowledge(numbers)
        assert self.world.acknowledge(agency, numbers) == (200 if known else 404)

    @rule(agency=agencies)
    def suspend_or_resume(self, agency: str) -> None:
        """The agency's own controller stops it; both let it go on."""
        inbox = self.inboxes[agency]
        if inbox.suspended:
            self.notices += self.world.resume(agency)
            inbox.last_stop = self.notices - 1
        else:
            self.notices += self.world.suspend(agency)
        inbox.suspended = not inbox.suspended

    @rule()
    def look_at_the_register(self) -> None:
        """Deliver releases what is due."""
        self.world.look()
        for inbox in self.inboxes.values():
            inbox.release(self.notices)

    @rule(deliver=st.booleans())
    def restart(self, deliver: bool) -> None:
        """Deliver or the API: what is stored is all that they know."""
        if deliver:
            self.world.restart_deliver()
        else:
            self.world.restart_api()

    @invariant()
    def every_number_leads_where_the_model_says(self) -> None:
        rows = self.world.rows()
        for agency, inbox in self.inboxes.items():
            assert rows[agency] == {number: _row(each) for number, each in inbox.numbers.items()}


def _row(entry: Item | Stub) -> tuple[str, bool, bool | None, str | None]:
    if isinstance(entry, Stub):
        return entry.event, entry.acknowledged, None, None
    return entry.event, entry.acknowledged, entry.collected, entry.arrived


@pytest.fixture
def world(postgres: str, tmp_path: Path) -> Iterator[ModelWorld]:
    with ModelWorld(postgres, tmp_path) as world:
        yield world


@pytest.mark.timeout(60 + 10 * EXAMPLES)
def test_the_inbox_is_what_its_model_says(world: ModelWorld) -> None:
    InboxMachine.world = world
    run_state_machine_as_test(
        InboxMachine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=EXAMPLES <= 20,
            database=None,
        ),
    )
