"""A lag report for a person and for a program."""

import json
from datetime import UTC, datetime

from rich.console import Console

from concordat.cli.lag_tables import tables_of
from concordat.kafka.lag import Lag
from concordat.postgres.withheld import WithheldCount
from concordat.stack.inboxes import InboxLag
from concordat.stack.lag_report import LagReport, StageJudged
from concordat.stack.lag_watch import InboxJudged
from concordat.stack.verdict import Judged, Verdict

SINCE = datetime(2026, 11, 22, 12, tzinfo=UTC)
LATE = InboxJudged(
    InboxLag("schools", 7, 3.5, 2, SINCE, 1, 4), Judged(Verdict.FALLING_BEHIND, "Late.")
)
IN_TIME = InboxJudged(InboxLag("social-care", 4, 1.0), Judged(Verdict.KEEPING_UP, "4 wait."))
ROUTE = StageJudged(Lag("route", "incidents", 0, 0), Judged(Verdict.KEEPING_UP, ""))
WITHHELD = [
    WithheldCount("telford", "suspended", "high", 1),
    WithheldCount("telford", "unsigned", "high", 3),
    WithheldCount("telford", "unsigned", None, 20),
]
REPORT = LagReport([ROUTE], [LATE, IN_TIME], WITHHELD)


def shown(report: LagReport) -> list[list[str]]:
    console = Console(width=200)
    with console.capture() as captured:
        for table in tables_of(report):
            console.print(table)
    lines = captured.get().splitlines()
    return [[cell.strip() for cell in line.split("│")[1:-1]] for line in lines if "│" in line]


def test_a_person_is_shown_who_is_late_since_when_and_why() -> None:
    rows = shown(REPORT)
    assert ["route", "incidents", "0", "0", "keeping up", ""] in rows
    since = "2026-11-22T12:00:00Z"
    assert ["schools", "7", "3.5", "2", since, "1", "4", "falling behind", "Late."] in rows
    assert ["social-care", "4", "1.0", "0", "", "0", "0", "keeping up", "4 wait."] in rows


def test_a_person_is_shown_what_is_withheld_by_grade() -> None:
    rows = shown(REPORT)
    assert ["telford", "suspended", "1", "high 1"] in rows
    assert ["telford", "unsigned", "23", "high 3, no grade 20"] in rows
    assert not any("withheld from" in row for row in shown(LagReport([ROUTE], [], [])))


def test_a_program_is_told_in_json() -> None:
    told = json.loads(json.dumps(REPORT.as_json()))
    assert told["stages"] == [
        {
            "stage": "route",
            "topic": "incidents",
            "behind": 0,
            "age_seconds": 0,
            "verdict": "keeping up",
            "reason": "",
        }
    ]
    assert told["inboxes"][0] == {
        "agency": "schools",
        "waiting": 7,
        "age_seconds": 3.5,
        "overdue": 2,
        "overdue_since": "2026-11-22T12:00:00Z",
        "held": 1,
        "unacknowledged": 4,
        "verdict": "falling behind",
        "reason": "Late.",
    }
    assert told["inboxes"][1]["overdue_since"] is None
    assert told["withheld"][2] == {
        "agency": "telford",
        "why": "unsigned",
        "grade": None,
        "events": 20,
    }
    assert told["judged_by_book"] is True


def test_all_is_well_when_everybody_keeps_up() -> None:
    assert LagReport([ROUTE], [IN_TIME], WITHHELD).well
    assert not REPORT.well
    stalled = StageJudged(ROUTE.lag, Judged(Verdict.STALLED, "It stands."))
    assert not LagReport([stalled], [IN_TIME], []).well
