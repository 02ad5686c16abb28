"""Bugs that the bar `restore` must find."""

from collections.abc import Sequence
from types import MappingProxyType
from typing import Any

import pytest

from concordat.deliver import plan
from concordat.deliver.followed_logs import FollowedLogs, Record
from concordat.deliver.hint import PositionHint
from concordat.inbox import read_inbox
from concordat.inbox.cursor import MAX_SEQ
from concordat.streams.sources import Sources


def no_hint(patch: pytest.MonkeyPatch) -> None:
    """Believe the database, whatever was delivered before."""

    async def read(_self: PositionHint) -> dict[int, Any]:
        return {}

    patch.setattr(PositionHint, "read", read)


def cursor_ahead_is_waited_for(patch: pytest.MonkeyPatch) -> None:
    """Answer a reader that is ahead of the database with an empty page."""

    async def last_number(_connection: Any, _agency: str) -> int:
        return MAX_SEQ

    patch.setattr(read_inbox, "last_number", last_number)


def places_of_any_log(patch: pytest.MonkeyPatch) -> None:
    """Take a place for known, whichever `incidents` it was in."""

    async def check(_self: FollowedLogs) -> None:
        return

    patch.setattr(FollowedLogs, "check", check)
    patch.setattr(plan, "_check_same", lambda _known, _now: None)
    decisions_of_any_log(patch)


def decisions_of_any_log(patch: pytest.MonkeyPatch) -> None:
    """Take a decision's place for one in the `incidents` of now, whichever it was decided in."""

    async def part(_self: FollowedLogs, records: Sequence[Record]) -> tuple[Record, ...]:
        return tuple(records)

    patch.setattr(FollowedLogs, "part", part)


def topics_by_name(patch: pytest.MonkeyPatch) -> None:
    """Take an outbox for the one that was read, whatever became of it."""
    patch.setattr(Sources, "check", lambda _self: None)


BUGS = MappingProxyType(
    {
        "no-hint": no_hint,
        "cursor-ahead-is-waited-for": cursor_ahead_is_waited_for,
        "places-of-any-log": places_of_any_log,
        "decisions-of-any-log": decisions_of_any_log,
        "topics-by-name": topics_by_name,
    }
)
