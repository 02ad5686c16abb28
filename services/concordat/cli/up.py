"""`concordat up`: a real Kafka, a real PostgreSQL and every service, until Ctrl-C."""

import asyncio
import signal
from pathlib import Path
from typing import Annotated

import typer

from concordat.cli.console import FAILED, TRY_AGAIN, UNAVAILABLE, fail, say
from concordat.cli.demo_view import DemoView, examples, print_summary, print_urls
from concordat.cli.target import DEFAULT_STATE
from concordat.runtime.settings import CONTRACTS
from concordat.stack.contracts import ContractFaults, load_parties
from concordat.stack.death import Death
from concordat.stack.errors import StackAlreadyRunning, StackError
from concordat.stack.state_directory import StateDirectory
from concordat_events.publisher import PublishFailed

NOT_ENFORCED = (
    "Not enforced by the embedded stack yet: Kafka identity. Anyone on this machine who reaches "
    "the broker can write to any outbox and read any topic; the HTTP API checks every token."
)


class Terminal:
    """Tells a person at a terminal what the stack does."""

    def report(self, sentence: str) -> None:
        """Say a sentence about progress."""
        say(sentence)

    def died(self, death: Death) -> None:
        """Name the child that died, with the end of its log."""
        say(f"{death}")
        for line in death.last_lines:
            say(f"    {line}")


def up(
    demo: Annotated[bool, typer.Option("--demo", help="Play the demonstration data.")] = False,
    state: Annotated[
        Path, typer.Option("--state", help="Where the stack keeps what it has.")
    ] = DEFAULT_STATE,
) -> None:
    """Run a whole exchange on this machine until Ctrl-C. Run again, it goes on with its state."""
    try:
        asyncio.run(_run(state, demo=demo))
    except StackAlreadyRunning as error:
        fail(f"{error}; use it, or stop it first", UNAVAILABLE)
    except ContractFaults as error:
        fail(f"the contracts have faults:\n{error}", FAILED)
    except StackError as error:
        fail(f"stopped: {error}", FAILED)


async def _run(folder: Path, *, demo: bool) -> None:
    # Loaded here: the composition of every service, which `--help` does not need.
    from concordat.stack.demonstration import (  # noqa: PLC0415
        DATA,
        NotDelivered,
        play_demonstration,
    )
    from concordat.stack.exchange import open_exchange  # noqa: PLC0415

    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with open_exchange(StateDirectory(folder), Terminal()) as exchange:
        say("ready")
        if demo:
            with DemoView() as view:
                playing = asyncio.create_task(play_demonstration(exchange, DATA, view.listener))
                await _first(playing, exchange.ended, stop)
            if stop.is_set():
                playing.cancel()
                return
            try:
                print_summary(playing.result())
            except (PublishFailed, NotDelivered) as error:
                fail(str(error), TRY_AGAIN)
        print_urls(exchange.stack, load_parties(CONTRACTS).agencies)
        if demo:
            await examples(exchange)
        say(NOT_ENFORCED)
        say("Ctrl-C stops everything; `make clean` forgets the state.")
        await _first(asyncio.create_task(stop.wait()), exchange.ended, stop)


async def _first(
    work: "asyncio.Task[object]", ended: "asyncio.Task[None]", stop: asyncio.Event
) -> None:
    """Wait for `work`, the end of the stack (raising its reason) or the wish to stop."""
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({work, ended, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopping.cancel()
    if ended.done():
        ended.result()
