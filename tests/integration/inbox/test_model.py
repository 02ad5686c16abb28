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
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from inbox_model import InboxModel, Item, Stub
from integration.inbox.model_world import AGENCIES, Crashed, ModelWorld

EXAMPLES = int(os.environ.get("CONCORDAT_MODEL_EXAMPLES", "8"))  # noqa: TID251 - the tests' own

agencies = st.sampled_from(AGENCIES)


class InboxMachine(RuleBasedStateMachine):
    """Draws what happens next, and compares every answer and every row."""

    world: ClassVar[ModelWorld]

    def __init__(self) -> None:
        super().__init__()
        self.world.begin()
        self.inboxes = {agency: InboxModel() for agency in AGENCIES}
        self.waiting: list[tuple[str, frozenset[str], int]] = []
        self.events = self.notices = 0
        self.cursors: dict[str, tuple[str, int] | None] = dict.fromkeys(AGENCIES)

    @rule(count=st.integers(1, 4), denied=st.sets(agencies, max_size=1))
    def publish(self, count: int, denied: set[str]) -> None:
        for _ in range(count):
            name = f"event-{self.events:04d}"
            self.events += 1
            self._route(name, denied | {a for a in AGENCIES if self.inboxes[a].suspended}, denied)

    @precondition(lambda self: self.events)
    @rule(data=st.data())
    def publish_again(self, data: st.DataObject) -> None:
        number = data.draw(st.integers(0, self.events - 1))
        withheld = {a for a in AGENCIES if self.inboxes[a].suspended}
        self._route(f"event-{number:04d}", withheld, set())

    def _route(self, name: str, withheld: set[str], denied: set[str]) -> None:
        self.world.route(name, denied)
        shared = frozenset(set(AGENCIES) - withheld)
        self.waiting.append((name, shared, self.notices))

    @rule(most=st.integers(1, 8))
    def deliver(self, most: int) -> None:
        self.world.deliver(most)
        for name, shared, state in self.waiting[:most]:
            if name not in self.world.decided:
                self.world.decided.add(name)
                for agency in shared:
                    self.inboxes[agency].deliver(name, state)
        del self.waiting[:most]

    @precondition(lambda self: self.waiting)
    @rule(most=st.integers(1, 8))
    def deliver_and_die_before_the_commit(self, most: int) -> None:
        with pytest.raises(Crashed):
            self.world.deliver(most, dies=True)

    @rule(agency=agencies, limit=st.sampled_from((1, 2, 5, 100)), on=st.booleans())
    def read(self, agency: str, limit: int, on: bool) -> None:
        cursor = self.cursors[agency] if on else None
        text, after = cursor or (None, 0)
        page, text = self.world.read(agency, text, limit)
        assert page == self.inboxes[agency].read(after, limit)
        self.cursors[agency] = text, page[-1][0] if page else after

    @rule(agency=agencies, data=st.data())
    def acknowledge(self, agency: str, data: st.DataObject) -> None:
        last = len(self.inboxes[agency].numbers)
        numbers = data.draw(st.sets(st.integers(1, last + 1), min_size=1, max_size=4))
        known = self.inboxes[agency].acknowledge(numbers)
        assert self.world.acknowledge(agency, numbers) == (200 if known else 404)

    @rule(agency=agencies)
    def suspend_or_resume(self, agency: str) -> None:
        inbox = self.inboxes[agency]
        if inbox.suspended:
            self.notices += self.world.resume(agency)
            inbox.last_stop = self.notices - 1
        else:
            self.notices += self.world.suspend(agency)
        inbox.suspended = not inbox.suspended

    @rule()
    def look_at_the_register(self) -> None:
        self.world.look()
        for inbox in self.inboxes.values():
            inbox.release(self.notices)

    @rule()
    def restart_deliver(self) -> None:
        self.world.restart_deliver()

    @rule()
    def restart_the_api(self) -> None:
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
            derandomize=EXAMPLES <= 8,
            database=None,
        ),
    )
