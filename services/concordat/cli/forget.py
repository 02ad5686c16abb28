"""`concordat forget`: delete a stack's state, wherever it is kept."""

from pathlib import Path
from typing import Annotated

import typer

from concordat.cli.console import UNAVAILABLE, fail, say
from concordat.cli.target import DEFAULT_STATE
from concordat.stack.embedded import forget as forget_state
from concordat.stack.errors import StackAlreadyRunning
from concordat.stack.state_directory import StateDirectory


def forget(
    state: Annotated[Path, typer.Option("--state", help="The state directory.")] = DEFAULT_STATE,
) -> None:
    """Delete the stack's state. Refused while it runs."""
    if not state.is_dir():
        say(f"there is nothing in {state}")
        return
    try:
        forget_state(StateDirectory(state), say)
    except StackAlreadyRunning as error:
        fail(f"{error}; stop it first", UNAVAILABLE)
    say(f"{state} is forgotten")
