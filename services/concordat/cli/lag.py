"""`concordat lag`: is anything late, for whom, and why."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated

import asyncpg
import typer
from confluent_kafka import KafkaException
from rich.console import Console

from concordat.agreements.book import Book
from concordat.cli.console import NEGATIVE, TRY_AGAIN, UNAVAILABLE, fail, put_json, say
from concordat.cli.lag_tables import tables_of
from concordat.cli.target import JsonOption, StateOption, Target, find_target
from concordat.kafka.register_feed import read_history
from concordat.postgres.delivered import auditing
from concordat.runtime.clock import system_clock
from concordat.runtime.logs import configure_logs
from concordat.stack.lag import measure_lag
from concordat.stack.lag_report import LagReport, StageJudged
from concordat.stack.lag_watch import LagWatch
from concordat.stack.verdict import Judged, Verdict

REGISTER_SECONDS = 10.0
_NEW = Judged(Verdict.KEEPING_UP, "Its topic was made a moment ago.")


@dataclass(frozen=True, slots=True)
class _Asked:
    window: float
    watch: float | None
    days: int
    json: bool


def lag(
    window: Annotated[
        float,
        typer.Option("--window", min=0.2, help="Longest time to look at a stage that is behind."),
    ] = 10.0,
    watch: Annotated[
        float | None,
        typer.Option("--watch", min=0.2, metavar="SECONDS", help="Look again and again."),
    ] = None,
    days: Annotated[
        int, typer.Option("--days", min=1, help="How far back withheld events are counted.")
    ] = 30,
    check: Annotated[
        bool, typer.Option("--check", help="Exit 1 unless everybody keeps up.")
    ] = False,
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Show what each stage has still to do and what each inbox holds uncollected; 0 means 0.

    Everybody has a verdict: keeping up, falling behind, stalled, rewound, or no members; and the
    sentence that says why. A stage that is behind is watched for up to --window seconds, for one
    look cannot tell whether it moves. An inbox is measured by the agency's own habit. Overdue is
    what an agreement wanted collected by now; what may not be read now is held, and late for
    nobody. Last come the events that a missing signature or a suspension withheld, by grade, as
    far as no replay has delivered them since.
    """
    configure_logs("lag")  # to stderr: stdout is for the answer
    target = find_target(state)
    try:
        well = asyncio.run(_tell(target, _Asked(window, watch, days, json)))
    except (KafkaException, TimeoutError) as error:
        fail(f"Kafka cannot be asked ({type(error).__name__})", TRY_AGAIN)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        fail(f"the database cannot be asked ({type(error).__name__})", UNAVAILABLE)
    if check and not well:
        raise typer.Exit(NEGATIVE)


async def _tell(target: Target, asked: _Asked) -> bool:
    well = True
    async for report in _reports(target, asked):
        well = report.well
        if not report.judged_by_book:
            say("the register cannot be read: what is held is counted as waiting")
        if asked.json:
            put_json(report.as_json())
        else:
            console = Console()
            for table in tables_of(report):
                console.print(table)
    return well


async def _reports(target: Target, asked: _Asked) -> AsyncIterator[LagReport]:
    """Yield one report, or one after the other."""
    async with auditing(target.auditor_dsn) as auditor:
        watching = LagWatch(target.kafka, target.topics, auditor)
        await watching.look_until_told(asked.window)
        while True:
            yield await _report(target, watching, asked.days)
            if asked.watch is None:
                return
            await asyncio.sleep(asked.watch)
            await watching.look()


async def _report(target: Target, watching: LagWatch, days: int) -> LagReport:
    measured = await measure_lag(target.kafka, target.topics, target.auditor_dsn)
    book = await _book(target)
    judged = await watching.stages()
    return LagReport(
        [StageJudged(each, judged.get((each.stage, each.topic), _NEW)) for each in measured.stages],
        await watching.inboxes(book),
        await watching.withheld(system_clock(), days),
        judged_by_book=book is not None,
    )


async def _book(target: Target) -> Book | None:
    """The book of now; None when the register cannot be read."""
    try:
        history = await read_history(target.kafka, target.topics, within_seconds=REGISTER_SECONDS)
    except TimeoutError:
        return None
    return await asyncio.to_thread(history.book_at, system_clock())
