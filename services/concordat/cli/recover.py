"""`concordat recover`: what was lost or restored is found and said; --yes goes on from there."""

import asyncio
from typing import Annotated

import asyncpg
import typer
from aiokafka.errors import KafkaError
from confluent_kafka import KafkaException

from concordat.cli.console import NEGATIVE, TRY_AGAIN, UNAVAILABLE, fail, put, put_json, say
from concordat.cli.target import JsonOption, StateOption, Target, find_target
from concordat.deliver.errors import RoutedTopicMissing, WriterActive
from concordat.deliver.recover import Losses
from concordat.stack.recover import StageActive, find_losses
from concordat.stack.recover import recover as mend

_DONE = {
    "database": "the inboxes have a new generation; open items and what comes again are marked",
    "routed": "route decides all of incidents again, deliver reads routed from its start",
    "incidents": "admit reads every outbox again; what was decided keeps no place in the old log",
    "register": "what was decided may be judged under the register of now",
}


def recover(
    yes: Annotated[bool, typer.Option("--yes", help="Do it, do not only say it.")] = False,
    restored: Annotated[
        bool,
        typer.Option("--restored", help="The database was restored, even if nothing shows it."),
    ] = False,
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Go on after a restored database, a topic made again, or a Kafka that lost its data.

    Says what the database speaks of that is there no more; exit code 1 when there is something and
    nobody said --yes. Stop deliver first, and the stages whose logs are lost. Nothing is skipped:
    every stage behind a loss reads its input again, repeats have no effect, and what may come to
    a reader again says so under `arrived`. Readers with a cursor from before a restore are told.

    CONCORDAT_POSTGRES is deliver's DSN, where no development stack holds it.
    """
    target = find_target(state)
    try:
        losses = asyncio.run(_recover(target, yes=yes, restored=restored))
    except (WriterActive, StageActive) as error:
        fail(str(error), TRY_AGAIN)
    except RoutedTopicMissing as error:
        fail(str(error), UNAVAILABLE)
    except (
        asyncpg.PostgresError,
        asyncpg.InterfaceError,
        KafkaError,
        KafkaException,
        OSError,
    ) as e:
        fail(f"the exchange cannot be asked ({type(e).__name__})", UNAVAILABLE)
    _tell(losses, yes=yes, json=json)
    if losses.sentences and not yes:
        say("nothing was changed: --yes does it")
        raise typer.Exit(NEGATIVE)


async def _recover(target: Target, *, yes: bool, restored: bool) -> Losses:
    dsn = target.deliver_dsn
    if yes:
        return await mend(dsn, target.kafka, target.topics, restored=restored)
    return await find_losses(dsn, target.kafka, target.topics)


def _tell(losses: Losses, *, yes: bool, json: bool) -> None:
    if json:
        put_json({"losses": losses.sentences, "mended": bool(yes and losses.sentences)})
        return
    for name, sentence in losses.sentences.items():
        put(f"{name}: {sentence}")
        if yes:
            say(f"{name}: {_DONE[name]}")
    if not losses.sentences:
        say("nothing is lost")
