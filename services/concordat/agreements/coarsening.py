"""Coarsenings: the closed list of ways in which less than a field's whole value may be sent."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from concordat.agreements.day import london_day
from concordat_events.fields import POSTCODE
from concordat_events.leaves import Kind, Leaf


class Coarsening(StrEnum):
    """What is sent in a field's place, under a name of its own: `dob_year`, never `dob`."""

    YEAR = "year"  # of a day, or of an instant in London: "2015"
    MONTH = "month"  # likewise: "2015-06"
    OUTWARD_CODE = "outward-code"  # of a postcode: "WR1"
    PRESENT = "present"  # true when the field is filled in

    @property
    def suffix(self) -> str:
        """What is added to the field's name."""
        return "_" + self.replace("-", "_")


# London was behind UTC before 1847: an earlier instant has no day there that Python can name.
_EARLIEST = datetime(1, 1, 2, tzinfo=UTC)
_SEPARATOR = " as "
_POSTCODE = re.compile(POSTCODE)


def name_of(path: str, coarsening: Coarsening | None = None) -> str:
    """Return how a sent field is called in records and answers: `dob`, or `dob as year`."""
    return f"{path}{_SEPARATOR}{coarsening}" if coarsening else path


def parts_of(name: str) -> tuple[str, Coarsening | None]:
    """Return the path and the coarsening that `name_of` put together."""
    path, _, coarsening = name.partition(_SEPARATOR)
    return path, Coarsening(coarsening) if coarsening else None


def fault_of_coarsening(coarsening: Coarsening, leaf: Leaf) -> str | None:
    """Why `leaf` cannot be sent so, in one sentence, or None."""
    if leaf.many and coarsening is not Coarsening.PRESENT:
        return f"{leaf.path!r} is a list; only 'present' says less of it"
    if coarsening in (Coarsening.YEAR, Coarsening.MONTH):
        if leaf.kind not in (Kind.DAY, Kind.INSTANT):
            return f"{leaf.path!r} is neither a day nor an instant, so it has no {coarsening}"
    elif coarsening is Coarsening.OUTWARD_CODE and leaf.pattern != POSTCODE:
        return f"{leaf.path!r} is not a postcode, so it has no outward code"
    return None


def coarsener(coarsening: Coarsening, leaf: Leaf) -> Callable[[Any], Any]:
    """Return a function from the field's decoded value (never None) to what is sent.

    It raises `ValueError` for a value that is not what the field holds: a part of it could be
    anything.
    """
    if coarsening is Coarsening.PRESENT:
        return lambda _value: True
    if coarsening is Coarsening.OUTWARD_CODE:
        return _outward_code
    length = len("2015") if coarsening is Coarsening.YEAR else len("2015-06")
    if leaf.kind is Kind.INSTANT:
        return lambda value: _london(datetime.fromisoformat(value)).isoformat()[:length]
    return lambda value: date.fromisoformat(value).isoformat()[:length]


def _london(moment: datetime) -> date:
    return london_day(max(moment, _EARLIEST))


def _outward_code(postcode: str) -> str:
    if not _POSTCODE.fullmatch(postcode):
        raise ValueError("not a postcode")
    return postcode.partition(" ")[0]
