"""A lag report as tables for a person."""

from collections.abc import Iterator
from itertools import groupby

from rich.table import Table

from concordat.agreements.day import rfc3339
from concordat.postgres.withheld import WithheldCount
from concordat.stack.lag_report import LagReport


def tables_of(report: LagReport) -> Iterator[Table]:
    """Yield stages, inboxes, and what is withheld if anything is."""
    yield _stages(report)
    yield _inboxes(report)
    if report.withheld:
        yield _withheld(report.withheld)


def _stages(report: LagReport) -> Table:
    table = _table("stage", "topic", "behind", "age (s)", "verdict", "why")
    for each in report.stages:
        numbers = str(each.lag.behind), str(each.lag.age_seconds)
        verdict = each.judged.verdict.value, each.judged.reason
        table.add_row(each.lag.stage, each.lag.topic, *numbers, *verdict)
    return table


def _inboxes(report: LagReport) -> Table:
    columns = ("waiting", "age (s)", "overdue", "since", "held", "unacknowledged")
    table = _table("inbox", *columns, "verdict", "why")
    for each in report.inboxes:
        lag = each.lag
        since = rfc3339(lag.overdue_since) if lag.overdue_since else ""
        numbers = (str(lag.waiting), str(lag.age_seconds), str(lag.overdue), since)
        rest = (str(lag.held), str(lag.unacknowledged))
        table.add_row(lag.agency, *numbers, *rest, each.judged.verdict.value, each.judged.reason)
    return table


def _withheld(counts: list[WithheldCount]) -> Table:
    table = _table("withheld from", "because", "events", "by grade")
    for (agency, why), some in groupby(counts, key=lambda each: (each.agency, each.why)):
        theirs = list(some)
        by_grade = ", ".join(f"{each.grade or 'no grade'} {each.events}" for each in theirs)
        table.add_row(agency, why, str(sum(each.events for each in theirs)), by_grade)
    return table


def _table(*columns: str) -> Table:
    table = Table()
    for column in columns:
        table.add_column(column)
    return table
