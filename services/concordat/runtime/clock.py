"""Time as an argument: what depends on it asks a `Clock`."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]

_MAY_DIFFER = timedelta(seconds=1)


def system_clock() -> datetime:
    """Return the machine's time, aware, in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - the one place that reads the machine's clock


def is_behind(now: datetime, theirs: datetime) -> bool:
    """Whether a clock that says `now` is behind a time that others have told (P3).

    By more than clocks may differ: then it must not decide what has begun or ended.
    """
    return now < theirs - _MAY_DIFFER
