from datetime import UTC, datetime

from rich.console import Console

from concordat.cli.lag import _inbox, _tables
from concordat.stack.lag import InboxLag, StackLag

SINCE = datetime(2026, 11, 22, 12, tzinfo=UTC)
LATE, IN_TIME = InboxLag("schools", 7, 3.5, 2, SINCE), InboxLag("social-care", 4, 1.0)


def test_a_person_is_shown_how_many_are_overdue_and_since_when() -> None:
    console = Console(width=100)
    with console.capture() as shown:
        for table in _tables(StackLag([], [LATE, IN_TIME])):
            console.print(table)
    lines = shown.get().splitlines()
    late, in_time = (line for line in lines if "schools" in line or "social-care" in line)
    assert late.replace("│", "").split() == ["schools", "7", "3.5", "2", "2026-11-22T12:00:00Z"]
    assert in_time.replace("│", "").split() == ["social-care", "4", "1.0", "0"]


def test_a_program_is_told_in_json() -> None:
    assert _inbox(LATE) == {
        "agency": "schools",
        "waiting": 7,
        "age_seconds": 3.5,
        "overdue": 2,
        "overdue_since": "2026-11-22T12:00:00Z",
    }
    assert _inbox(IN_TIME)["overdue_since"] is None
