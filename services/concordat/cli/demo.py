"""`concordat demo`: the demonstration, in a throw-away stack or in one that runs."""

import asyncio
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer

from concordat.cli.console import FAILED, NEGATIVE, TRY_AGAIN, UNAVAILABLE, USAGE, fail, put_json
from concordat.cli.demo_view import DemoView, print_summary
from concordat.cli.target import JsonOption, StateOption, Target, find_target
from concordat.cli.up import Terminal
from concordat.publish.police_uk import NotAStreetFile, read_street_file
from concordat.stack.contracts import ContractFaults
from concordat.stack.demonstration import DATA, NotDelivered, play_demonstration
from concordat.stack.embedded import forget
from concordat.stack.errors import StackError
from concordat.stack.exchange import Exchange, ExchangeOptions, ExchangePorts, open_exchange
from concordat.stack.state_directory import StateDirectory
from concordat.stack.summary import Summary
from concordat_events.publisher import PublishFailed


def demo(
    data: Annotated[Path, typer.Option("--data", help="A police.uk street file.")] = DATA,
    running: Annotated[
        bool, typer.Option("--running", help="Play into the stack that runs, and leave it so.")
    ] = False,
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Start, play, wait until everything has arrived, print the summary, stop."""
    try:
        _look_into(data)
        summary = asyncio.run(_run_in(find_target(state), data) if running else _run(data))
    except NotAStreetFile as error:
        fail(f"{data.name}: {error}", NEGATIVE)
    except OSError as error:
        fail(f"{data} cannot be read ({type(error).__name__})", USAGE)
    except (PublishFailed, NotDelivered) as error:
        fail(str(error), TRY_AGAIN)
    except (StackError, ContractFaults) as error:
        fail(str(error), FAILED)
    if json:
        put_json(summary.as_json())
    else:
        print_summary(summary)


def _look_into(data: Path) -> None:
    """Refuse a file that cannot be played before anything is started for it."""
    with data.open("rb") as stream:
        next(read_street_file(stream), None)


async def _run(data: Path) -> Summary:
    with tempfile.TemporaryDirectory(prefix="concordat-demo-") as folder:
        state = StateDirectory(Path(folder) / "state")
        anywhere = ExchangeOptions(ports=ExchangePorts(kafka=None, postgres=None, api=None))
        started = time.monotonic()
        try:
            async with open_exchange(state, Terminal(), anywhere) as exchange:
                ready = round(time.monotonic() - started, 1)
                with DemoView() as view:
                    summary = await play_demonstration(exchange, data, view.listener)
                summary.seconds["ready"] = ready
                return summary
        finally:
            await asyncio.to_thread(forget, state, Terminal().report)


async def _run_in(target: Target, data: Path) -> Summary:
    kafka, stack = target.kafka, target.stack
    if stack is None:
        fail("no state directory says what runs; `concordat prepare` writes one", UNAVAILABLE)
    going_on = asyncio.create_task(_go_on())  # nobody tells us of its end
    stack = stack.model_copy(update={"kafka": kafka})
    with DemoView() as view:
        exchange = Exchange(stack, target.auditor_dsn, going_on)
        return await play_demonstration(exchange, data, view.listener)


async def _go_on() -> None:
    await asyncio.Event().wait()
