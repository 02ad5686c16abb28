"""How the demonstration looks at a terminal: a bar, a table, addresses, two explanations."""

import asyncio
from collections.abc import Iterable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from concordat.agreements.reason import SENTENCES, Reason
from concordat.cli.console import progress, put, say
from concordat.cli.why import why
from concordat.publish.row_fault import RowFault
from concordat.stack.demonstration import Listener
from concordat.stack.exchange import Exchange
from concordat.stack.stack import Stack
from concordat.stack.summary import Summary, example_events

COMMONEST = 2


class DemoView:
    """A progress bar while events are acknowledged; plain silence where there is no terminal."""

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("playing the demonstration"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=progress,
            disable=not progress.is_terminal,
        )
        self._task = self._progress.add_task("events", total=None)
        self.listener = Listener(self._published, self._row_fault)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def _published(self, count: int, total: int) -> None:
        self._progress.update(self._task, completed=count, total=total)

    def _row_fault(self, fault: RowFault) -> None:
        say(f"line {fault.line_number}: {fault.message}")


def print_summary(summary: Summary) -> None:
    """Print the table: events, and per agency what was delivered and withheld, and why."""
    events = summary.events
    table = Table(
        title=(
            f"{events['published']} events published, {events['admitted']} admitted, "
            f"{events['refused']} refused; {summary.decisions} decisions, "
            f"{summary.dead_letters} dead letters"
        ),
        title_justify="left",
    )
    for column, justify in (("agency", "left"), ("delivered", "right"), ("withheld", "right")):
        table.add_column(column, justify=justify)  # type: ignore[arg-type]
    table.add_column("commonest reasons")
    for agency in sorted(summary.deliveries.keys() | summary.withheld.keys()):
        reasons = sorted(summary.withheld.get(agency, {}).items(), key=lambda item: -item[1])
        table.add_row(
            agency,
            str(sum(summary.deliveries.get(agency, {}).values())),
            str(sum(count for _, count in reasons)),
            "\n".join(f"{count} {_sentence(reason)}" for reason, count in reasons[:COMMONEST]),
        )
    Console(width=None if progress.is_terminal else 140).print(table)
    say(", ".join(f"{name} {seconds} s" for name, seconds in summary.seconds.items()))


def print_urls(stack: Stack, agencies: Iterable[str]) -> None:
    """Print where things are and a ready-made request for each of `agencies`."""
    put(f"API    {stack.api}/v1   (description: {stack.api}/v1/openapi.json)")
    put(f"Kafka  {stack.kafka}")
    put(f"State  {stack.state}")
    state = f"--state {stack.state}"
    for agency in agencies:
        token = f"$(.venv/bin/concordat token {agency} {state})"
        put(f'curl -s -H "Authorization: Bearer {token}" "{stack.api}/v1/inbox?limit=1"')


async def examples(exchange: Exchange) -> None:
    """Explain one event that was shared and one that its publisher denied an agency."""
    for event_id in await example_events(exchange.auditor_dsn):
        if event_id is not None:
            put(f"\n$ concordat why {event_id} --agency west-mercia-police")
            await asyncio.to_thread(why, event_id, "west-mercia-police", exchange.stack.state)


def _sentence(reason: str) -> str:
    return SENTENCES[Reason(reason)]
