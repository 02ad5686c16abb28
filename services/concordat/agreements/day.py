"""Agreements count in days of Europe/London, whatever the machine's zone."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


def london_day(moment: datetime) -> date:
    """Return the day in London at `moment` (aware)."""
    return moment.astimezone(LONDON).date()


def rfc3339(moment: datetime) -> str:
    """Return `moment` as RFC 3339 text in UTC, `Z` for the zone."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
