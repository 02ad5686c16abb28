"""A replay as an operator sees it: rehearsed first, then confirmed, then delivered."""

import asyncio
import secrets
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import datetime

import typer

from concordat.agreements.day import rfc3339
from concordat.cli.console import NEGATIVE, progress, put, put_json, say
from concordat.cli.progress_bar import progress_bar
from concordat.cli.target import Target
from concordat.kafka.incidents_log import IncidentsLog
from concordat.postgres.pool import open_pool
from concordat.runtime.clock import system_clock
from concordat.stack.live_records import LiveRecords
from concordat.stack.replay import Replay, ReplayParts
from concordat.stack.replay_count import ReplayCount, Standing
from concordat.stack.replay_throttle import Throttle
from concordat.streams.clients import common_settings, stage_producer
from concordat.streams.register_feed import StrictRegisterFeed

_STATEMENT_SECONDS = 60.0
_STANDINGS = {
    Standing.REPEAT: "repeats of an event that was decided before",
    Standing.UNDECIDED: "not decided yet: replay later",
    Standing.UNREADABLE: "cannot be read",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for: `since` is included, `until` is not."""

    agency: str
    since: datetime
    until: datetime
    yes: bool
    json: bool


async def replay_events(target: Target, asked: Asked) -> None:
    """Rehearse, ask, deliver; exit 1 when there is something to deliver and nobody said yes."""
    async with _open_parts(target) as parts:
        stretches = await asyncio.to_thread(parts.log.between, asked.since, asked.until)
        replay = Replay(parts, f"replay-{secrets.token_hex(8)}", asked.agency, stretches)
        total = sum(each.count for each in stretches)
        with progress_bar("rehearsing", total) as advance:
            count = await replay.rehearse(lambda done: advance(done, done))
        for line in _lines(count, asked.agency):
            (say if asked.json else put)(line)
        delivered = None
        if count.delivering and _confirmed(asked):
            with progress_bar("replaying", total) as advance:
                delivered = await replay.write(lambda done: advance(done, done))
    if asked.json:
        put_json(
            {
                "agency": asked.agency,
                "from": rfc3339(asked.since),
                "to": rfc3339(asked.until),
                "rehearsal": count.as_json(),
                "replay": None if delivered is None else replay.id,
                "delivered": delivered,
            }
        )
    if delivered is not None:
        say(f"{delivered} deliveries in the inbox of {asked.agency}, marked as replayed")
    elif count.delivering:
        say("nothing was written: --yes delivers")
        raise typer.Exit(NEGATIVE)


@asynccontextmanager
async def _open_parts(target: Target) -> AsyncIterator[ReplayParts]:
    topics, kafka = target.topics, target.kafka
    common = common_settings(kafka, "replay")
    async with open_pool(
        target.auditor_dsn, statement_seconds=_STATEMENT_SECONDS, max_size=1
    ) as auditor:
        with (
            IncidentsLog(kafka, topics.incidents) as log,
            closing(StrictRegisterFeed(common, topics.register)) as feed,
            closing(LiveRecords(kafka, topics, auditor)) as live,
        ):
            producer, throttle = stage_producer(common), Throttle(live.oldest)
            yield ReplayParts(log, feed, producer, auditor, topics, system_clock, throttle)


def _confirmed(asked: Asked) -> bool:
    if asked.yes:
        return True
    if not (sys.stdin.isatty() and progress.is_terminal):
        return False
    return typer.confirm(f"Deliver this to {asked.agency} now?", err=True)


def _lines(count: ReplayCount, agency: str) -> Iterator[str]:
    yield f"{count.admissions.total()} admitted, of which for {agency}:"
    yield (
        f"{count.delivering:>8}  events to deliver now: {count.new} new deliveries, "
        f"{count.replaced} in place of uncollected ones"
    )
    for (agreement, share), deliveries in count.shares.most_common():
        yield f"{deliveries:>18}  under {agreement}: {share}"
    if count.examples:
        yield f"{'':>20}such as {', '.join(count.examples)}"
    yield f"{count.delivered:>8}  events whose deliveries are in the inbox already"
    for (reason, field), events in count.withheld.most_common():
        about = f" ({field})" if field else ""
        yield f"{events:>8}  stay withheld{about}: {reason.sentence}"
    yield f"{count.unnamed:>8}  events for which no agreement names {agency}"
    for standing, sentence in _STANDINGS.items():
        if count.admissions[standing]:
            yield f"{count.admissions[standing]:>8}  {sentence}"
