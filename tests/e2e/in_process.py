"""A whole exchange run by the test itself: its services are processes, its supervisor is here."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from concordat.publish.play import play
from concordat.stack.death import Death
from concordat.stack.demonstration import settle
from concordat.stack.embedded import forget
from concordat.stack.exchange import Exchange, ExchangeOptions, ExchangePorts, open_exchange
from concordat.stack.stack import Stack
from concordat.stack.state_directory import StateDirectory
from concordat_events.envelope import Event
from concordat_events.publisher import Publisher

PATIENCE_SECONDS = 240.0
ANYWHERE = ExchangePorts(kafka=None, postgres=None, api=None)


@dataclass
class Witness:
    """Hears what the supervisor reports."""

    sentences: list[str] = field(default_factory=list)

    def report(self, sentence: str) -> None:
        """Take a sentence."""
        self.sentences.append(sentence)

    def died(self, death: Death) -> None:
        """Take a death, which is reported in a sentence too."""


@asynccontextmanager
async def exchange_in(state: StateDirectory, witness: Witness) -> AsyncIterator[Exchange]:
    """Run an exchange inside the block, and forget it afterwards."""
    try:
        async with open_exchange(state, witness, ExchangeOptions(ports=ANYWHERE)) as exchange:
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


def running_pid(state: StateDirectory, service: str) -> int | None:
    """The pid of a service as it runs now."""
    stack = state.read_stack()
    return stack.pids.get(service) if stack else None


def state_in(folder: Path) -> StateDirectory:
    """A state directory in a test's own folder."""
    return StateDirectory(folder / "state")
