"""A whole exchange run by the test itself: its services are processes, its supervisor is here."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from concordat.kafka.topics import Topics
from concordat.publish.play import play
from concordat.stack.death import Death
from concordat.stack.demonstration import settle
from concordat.stack.embedded import forget
from concordat.stack.exchange import Exchange, ExchangeOptions, ExchangePorts, open_exchange
from concordat.stack.lag import measure_lag
from concordat.stack.restart_policy import RestartPolicy
from concordat.stack.stack import Stack
from concordat.stack.state_directory import StateDirectory
from concordat_events.envelope import Event
from concordat_events.publisher import Publisher

PATIENCE_SECONDS = 240.0
ANYWHERE = ExchangePorts(kafka=None, postgres=None, api=None)
# Fault tests kill more often than any fault does.
FORBEARING = RestartPolicy(ceiling_seconds=0.4, deaths=1000)


@dataclass
class Witness:
    """Sees what happens to the services."""

    sentences: list[str] = field(default_factory=list)
    deaths: Counter[str] = field(default_factory=Counter)

    def report(self, sentence: str) -> None:
        """Take a sentence."""
        self.sentences.append(sentence)

    def died(self, death: Death) -> None:
        """Take a death."""
        self.deaths[death.name] += 1


@asynccontextmanager
async def exchange_in(
    state: StateDirectory, witness: Witness, command: Sequence[str] = ()
) -> AsyncIterator[Exchange]:
    """Run an exchange inside the block, its services by `command`, and forget it afterwards."""
    given = {"command": tuple(command)} if command else {}
    options = ExchangeOptions(ports=ANYWHERE, policy=FORBEARING, **given)  # type: ignore[arg-type]
    try:
        async with open_exchange(state, witness, options) as exchange:
            yield exchange
    finally:
        await asyncio.to_thread(forget, state, witness.report)


async def publish(stack: Stack, events: Iterable[Event]) -> None:
    """Publish each event to its agency's outbox, in order, acknowledged."""
    every = list(events)
    async with AsyncExitStack() as opened:
        outboxes = {
            agency: await opened.enter_async_context(Publisher(stack.kafka, agency))
            for agency in sorted({event.publisher for event in every})
        }
        await play(every, outboxes)


async def settled(exchange: Exchange) -> None:
    """Return when everything published has arrived."""
    await settle(exchange, PATIENCE_SECONDS)


async def behind(kafka: str, auditor_dsn: str, *stages: str) -> int:
    """How many records these stages have still to do; all stages when none is named."""

    def ask() -> int:
        lag = asyncio.run(measure_lag(kafka, Topics(), auditor_dsn))
        return sum(each.behind for each in lag.stages if not stages or each.stage in stages)

    # Its questions to Kafka wait, which must not keep the supervisor waiting.
    return await asyncio.to_thread(ask)


async def eventually(
    holds: Callable[[], Awaitable[bool]], what: str, seconds: float = PATIENCE_SECONDS
) -> None:
    """Return as soon as `holds()`; fails with `what` when it does not in time."""
    deadline = time.monotonic() + seconds
    while not await holds():
        assert time.monotonic() < deadline, f"not in {seconds:g} s: {what}"
        await asyncio.sleep(0.1)


def running_pid(state: StateDirectory, service: str) -> int | None:
    """The pid of a service as it runs now."""
    stack = state.read_stack()
    return stack.pids.get(service) if stack else None


def state_in(folder: Path) -> StateDirectory:
    """A state directory in a test's own folder."""
    return StateDirectory(folder / "state")
