"""`concordat token`: a bearer token from the development key."""

from typing import Annotated

import typer

from concordat.cli.console import put
from concordat.cli.target import StateOption, find_target


def token(
    agency: Annotated[str, typer.Argument(help="The agency that the token names.")],
    state: StateOption = None,
) -> None:
    """Print a token for AGENCY, good for ten minutes. Only the embedded stack has the key."""
    put(find_target(state).token(agency))
