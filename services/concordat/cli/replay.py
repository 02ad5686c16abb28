"""`concordat replay …`: let a step of the flow read its input again from the start."""

import asyncio

import typer

from concordat.cli.console import TRY_AGAIN, UNAVAILABLE, fail, say
from concordat.cli.target import StateOption, find_target
from concordat.deliver.errors import WriterActive
from concordat.deliver.replay import forget_positions
from concordat.postgres.roles import DELIVER

app = typer.Typer(no_args_is_help=True, help="Read a log again from its start, without effect.")


@app.callback()
def _group() -> None:
    """Keep the subcommand's name although there is only one."""


@app.command()
def routed(state: StateOption = None) -> None:
    """Let deliver read `routed` again. What is stored already is not delivered again."""
    target = find_target(state)
    if target.state is None or target.stack is None:
        fail("only a development stack holds deliver's password", UNAVAILABLE)
    try:
        count = asyncio.run(forget_positions(target.dsn(DELIVER), target.topics.routed))
    except WriterActive as error:
        fail(str(error), TRY_AGAIN)
    say(f"{count} positions forgotten; deliver begins at the start of the log")
