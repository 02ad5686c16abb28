"""`concordat lag`: is anything late, and for whom."""

import asyncio
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from concordat.agreements.day import rfc3339
from concordat.cli.console import put_json
from concordat.cli.target import JsonOption, StateOption, find_target
from concordat.stack.lag import InboxLag, StackLag, measure_lag


def lag(state: StateOption = None, json: JsonOption = False) -> None:
    """Show what each stage has still to do and what each inbox holds uncollected; 0 means 0.

    Overdue is what an agreement wanted collected by now.
    """
    target = find_target(state)
    measured = asyncio.run(measure_lag(target.kafka, target.topics, target.auditor_dsn))
    if json:
        put_json(
            {
                "stages": [asdict(each) for each in measured.stages],
                "inboxes": [_inbox(each) for each in measured.inboxes],
            }
        )
        return
    console = Console()
    for table in _tables(measured):
        console.print(table)


def _inbox(lag: InboxLag) -> dict[str, Any]:
    since = lag.overdue_since
    return {**asdict(lag), "overdue_since": rfc3339(since) if since else None}


def _tables(measured: StackLag) -> list[Table]:
    stages = _table(("stage", "topic", "behind", "age (s)"))
    for each in measured.stages:
        stages.add_row(each.stage, each.topic, str(each.behind), str(each.age_seconds))
    inboxes = _table(("inbox", "waiting", "age (s)", "overdue", "since"))
    for inbox in measured.inboxes:
        since = rfc3339(inbox.overdue_since) if inbox.overdue_since else ""
        waiting = (str(inbox.waiting), str(inbox.age_seconds), str(inbox.overdue))
        inboxes.add_row(inbox.agency, *waiting, since)
    return [stages, inboxes]


def _table(columns: tuple[str, ...]) -> Any:
    table = Table()
    for column in columns:
        table.add_column(column)
    return table
