"""Time as an argument: what depends on it asks a `Clock`."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]

CLOCK_TOLERANCE = timedelta(seconds=1)
"""P3: a clock further behind the newest time that others have written decides nothing."""


def system_clock() -> datetime:
    """Return the machine's time, aware, in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - the one place that reads the machine's clock
