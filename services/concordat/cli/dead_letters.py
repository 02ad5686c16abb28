"""`concordat dead-letters …`: what no publisher can be told of, for operators: metadata only."""

import asyncio
import getpass
import re
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Annotated, NoReturn

import asyncpg
import typer
from confluent_kafka import KafkaException

from concordat.cli.console import NEGATIVE, TRY_AGAIN, UNAVAILABLE, USAGE, fail, put_json, say
from concordat.cli.dead_letter_view import (
    put_causes,
    put_count,
    put_letter,
    put_letters,
    state_json,
)
from concordat.cli.target import JsonOption, StateOption, Target, find_target
from concordat.kafka.dead_letters import LONGEST_REASON, Letter, Mailbox
from concordat.kafka.incidents_log import IncidentsUnreadable
from concordat.kafka.places import NotAPlace, Place, still_there
from concordat.kafka.topics_admin import admin_client
from concordat.postgres.delivered import auditing
from concordat.runtime.clock import system_clock
from concordat.runtime.errors import NotAcknowledged, RegisterUnavailable
from concordat.stack.dead_letter_causes import MOST_TRIES, causes_of, open_letters
from concordat.stack.dead_letters import Retry, RetryParts, discard, read_mailbox
from concordat.streams.clients import common_settings, stage_producer
from concordat.streams.register_feed import StrictRegisterFeed

app = typer.Typer(
    no_args_is_help=True,
    help="Records that a stage cannot use and no publisher can be told of. Never their contents.",
)

CauseOption = Annotated[
    str | None, typer.Option("--cause", help="STAGE/TOPIC/REASON, as `list` shows it.")
]
YesOption = Annotated[bool, typer.Option("--yes", help="Do it; otherwise it is only said.")]
OperatorOption = Annotated[
    str | None,
    typer.Option("--operator", help="Who does it; the account of this machine if left out."),
]
_OPERATOR = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")


@app.command("list")
def list_(
    every: Annotated[bool, typer.Option("--all", help="Every letter with its place.")] = False,
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Show dead letters by cause: how many, how old, how many can still be retried.

    Readable are those whose record its topic still holds. Letters are kept for as long as the
    topic `dead-letters` keeps them.
    """
    with _sentences():
        target = find_target(state)
        mailbox = _mailbox(target)
        letters = list(mailbox.letters.values())
        there = still_there(admin_client(target.kafka), mailbox.letters)
    if mailbox.unreadable:
        say(f"{mailbox.unreadable} records of the topic are no dead letters and were passed over")
    if every:
        put_letters(letters, there, json=json)
    else:
        put_causes(causes_of(letters, there), json=json)


@app.command()
def show(
    place: Annotated[str, typer.Argument(help="TOPIC/PARTITION/OFFSET")],
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Show one dead letter: its place, why, when, and what was done about it by whom."""
    with _sentences():
        target = find_target(state)
        letter = _letter(_mailbox(target), place)
        there = still_there(admin_client(target.kafka), [letter.place])
    put_letter(letter, readable=bool(there), json=json)


@app.command()
def retry(
    place: Annotated[str | None, typer.Argument(help="TOPIC/PARTITION/OFFSET")] = None,
    cause: CauseOption = None,
    every: Annotated[bool, typer.Option("--all", help="All that are open.")] = False,
    yes: YesOption = False,
    operator: OperatorOption = None,
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Put records before their stage again: it says what would come of it, and --yes does it.

    The stage decides under today's register, as if the record came in now. Admitted twice, an event
    is a repeat without effect. Nothing is written to an outbox. A record that came back three times
    is retried only by its place. Without --yes the exit code is 1 if there is anything to do; with
    it, 1 if anything could not be dealt with.
    """
    with _sentences():
        target = find_target(state)
        mailbox = _mailbox(target)
        letters = _chosen(mailbox, place, cause, every=every)
        fresh = [each for each in letters if place or each.tries < MOST_TRIES]
        if len(fresh) < len(letters):
            say(f"{len(letters) - len(fresh)} were tried {MOST_TRIES} times: name their places")
        by = _operator(operator) if yes else ""
        with _retry(target, fresh) as retrying:
            count = retrying.write(by) if yes else retrying.rehearse()
    put_count(count, written=yes, skipped=len(letters) - len(fresh), json=json)
    if not yes and count.settled:
        say("nothing was written: --yes does it")
    if count.settled if not yes else count.settled < len(fresh):
        raise typer.Exit(NEGATIVE)


@app.command("discard")
def discard_(
    place: Annotated[str | None, typer.Argument(help="TOPIC/PARTITION/OFFSET")] = None,
    cause: CauseOption = None,
    because: Annotated[
        str,
        typer.Option(
            "--because",
            help=f"Why, in up to {LONGEST_REASON} characters. It is kept: write nothing personal.",
        ),
    ] = "",
    yes: YesOption = False,
    operator: OperatorOption = None,
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Give records up, with a reason. Nothing is deleted: a letter can still be retried.

    Your reason is kept with your name for as long as the letter is. It must not say anything about
    a person. Without --yes it is only said what would be given up, and the exit code is 1.
    """
    because = because.strip()
    if not because or len(because) > LONGEST_REASON or not because.isprintable():
        fail(f"say --because in one line of up to {LONGEST_REASON} characters", USAGE)
    with _sentences():
        target = find_target(state)
        letters = _chosen(_mailbox(target), place, cause, every=False)
        by = _operator(operator)
        there = still_there(admin_client(target.kafka), {each.place for each in letters})
        if yes:
            producer = stage_producer(common_settings(target.kafka, "dead-letters"))
            discard(producer, target.topics, letters, by, because)
    if json:
        put_json({"letters": [state_json(each) for each in letters], "discarded": yes})
    what = "discarded" if yes else "would be discarded"
    say(f"{len(letters)} dead letters {what}; {len(there)} of them could still be retried")
    if letters and not yes:
        say("nothing was written: --yes does it")
        raise typer.Exit(NEGATIVE)


@contextmanager
def _sentences() -> Iterator[None]:
    """End the command with a sentence when Kafka, the register or the database is not to be had."""
    try:
        yield
    except (IncidentsUnreadable, RegisterUnavailable, NotAcknowledged) as error:
        fail(str(error), TRY_AGAIN)
    except KafkaException as error:
        fail(f"Kafka cannot be asked ({error.args[0].name()})", TRY_AGAIN)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        fail(f"the database cannot be asked ({type(error).__name__})", UNAVAILABLE)


def _mailbox(target: Target) -> Mailbox:
    async def read() -> Mailbox:
        async with auditing(target.auditor_dsn) as auditor:
            admin = admin_client(target.kafka)
            return await read_mailbox(target.kafka, admin, target.topics, auditor, system_clock())

    return asyncio.run(read())


@contextmanager
def _retry(target: Target, letters: Sequence[Letter]) -> Iterator[Retry]:
    common = common_settings(target.kafka, "dead-letters")
    with closing(StrictRegisterFeed(common, target.topics.register)) as feed:
        admin, producer = admin_client(target.kafka), stage_producer(common)
        parts = RetryParts(target.kafka, admin, feed, producer, target.topics, system_clock)
        yield Retry(parts, letters)


def _chosen(mailbox: Mailbox, place: str | None, cause: str | None, *, every: bool) -> list[Letter]:
    if sum((place is not None, cause is not None, every)) != 1:
        fail("name a place, a --cause, or --all where there is one", USAGE)
    if place is not None:
        return [_letter(mailbox, place)]
    letters = list(mailbox.letters.values())
    if cause is not None and cause not in {letter.cause for letter in letters}:
        fail("no dead letter has this cause; `dead-letters list` shows each", NEGATIVE)
    return open_letters(letters, cause)


def _letter(mailbox: Mailbox, text: str) -> Letter:
    try:
        place = Place.of(text)
    except NotAPlace as error:
        fail(str(error), USAGE)
    if place not in mailbox.letters:
        fail(f"there is no dead letter at {place}; `dead-letters list --all` names each", NEGATIVE)
    return mailbox.letters[place]


def _operator(given: str | None) -> str:
    try:
        name = given or getpass.getuser()
    except (KeyError, ImportError, OSError):
        _unnamed()
    if not _OPERATOR.fullmatch(name):
        _unnamed()
    return name


def _unnamed() -> NoReturn:
    fail("say who does it with --operator: letters, digits and ._@- only", USAGE)
