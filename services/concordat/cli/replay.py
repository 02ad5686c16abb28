"""`concordat replay …`: decide again what was withheld, or let a step read its input again."""

import asyncio
from datetime import date, datetime, time
from typing import Annotated

import asyncpg
import typer

from concordat.agreements.day import LONDON
from concordat.cli.console import NEGATIVE, TRY_AGAIN, UNAVAILABLE, USAGE, fail, say
from concordat.cli.replay_events import Asked, replay_events
from concordat.cli.target import JsonOption, StateOption, find_target
from concordat.deliver.errors import WriterActive
from concordat.deliver.replay import forget_positions
from concordat.kafka.incidents_log import IncidentsUnreadable
from concordat.runtime.errors import NotAcknowledged, RegisterUnavailable
from concordat.stack.replay import NoSuchAgency, NotStored

app = typer.Typer(no_args_is_help=True)


def instant_of(text: str) -> datetime:
    """Return the instant that `text` says: RFC 3339, or a day or a time in London."""
    try:
        if len(text) == len("2026-11-22"):
            return datetime.combine(date.fromisoformat(text), time(), LONDON)
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("is neither a day nor an instant (2026-11-22T09:30:00Z)") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=LONDON)


@app.callback(invoke_without_command=True)
def replay(
    context: typer.Context,
    since: Annotated[
        datetime | None,
        typer.Option("--from", parser=instant_of, metavar="TIME", help="Admitted then or later."),
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option("--to", parser=instant_of, metavar="TIME", help="Admitted before then."),
    ] = None,
    agency: Annotated[
        str | None, typer.Option("--agency", help="The recipient to decide for.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Deliver without asking.")] = False,
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Decide again for an agency what was withheld from it, or let a step read its input again.

    Looks at what was admitted from TIME to TIME, under today's agreements.

    First it says what would be delivered, under which shares, and what stays withheld. Then it
    asks, or needs --yes; without it nothing is written, and the exit code is 1 if there is
    anything to deliver. Deliveries have the ids they would always have had, come under new numbers
    and are marked as replayed. What an inbox has already stays as it is; only an item that nobody
    collected, under a version that is no longer in force, is replaced. Live records go first. A
    TIME without a zone is London's; a day begins at midnight.
    """
    if context.invoked_subcommand is not None:
        return
    if since is None or until is None or agency is None:
        fail("name --from, --to and --agency", USAGE)
    if until <= since:
        fail("--to is not after --from", USAGE)
    target = find_target(state)
    try:
        asyncio.run(replay_events(target, Asked(agency, since, until, yes, json)))
    except NoSuchAgency as error:
        fail(str(error), NEGATIVE)
    except (IncidentsUnreadable, RegisterUnavailable, NotAcknowledged, NotStored) as error:
        fail(str(error), TRY_AGAIN)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        fail(f"the database cannot be asked ({type(error).__name__})", UNAVAILABLE)


@app.command()
def routed(state: StateOption = None) -> None:
    """Let deliver read `routed` again. What is stored already is not delivered again.

    Deliver must be stopped. CONCORDAT_POSTGRES is its DSN, where no development stack holds it.
    """
    target = find_target(state)
    dsn = target.deliver_dsn
    try:
        count = asyncio.run(forget_positions(dsn, target.topics.routed))
    except WriterActive as error:
        fail(str(error), TRY_AGAIN)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        fail(f"the database cannot be asked ({type(error).__name__})", UNAVAILABLE)
    say(f"{count} positions forgotten; deliver begins at the start of the log")
