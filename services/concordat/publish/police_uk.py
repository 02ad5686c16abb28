"""Street files of police.uk, as they are: every row becomes one `crime-recorded` event.

Nothing is invented: a blank cell is null. Two rows may be equal byte for byte and are two
incidents; one Crime ID may stand in two rows and is then two events.
"""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import BinaryIO

from pydantic import ValidationError

from concordat.publish.csv_rows import Row, rows_of
from concordat.publish.identity import case_opened_by, identity
from concordat.publish.row_fault import RowFault
from concordat_events.envelope import Event
from concordat_events.lines.community_safety import CrimeRecorded, Place

CRIME_RECORDED = "community-safety.crime-recorded.v1"
COLUMNS = (
    "Crime ID",
    "Month",
    "Reported by",
    "Falls within",
    "Longitude",
    "Latitude",
    "Location",
    "LSOA code",
    "LSOA name",
    "Crime type",
    "Last outcome category",
    "Context",
)

_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])", re.ASCII)
_NUMBER = re.compile(r"-?[0-9]{1,3}(\.[0-9]+)?", re.ASCII)
_BETWEEN_WORDS = re.compile(r"[ &(),./'-]+")
_COLUMN_OF = {
    "crime_ref": "Crime ID",
    "category": "Crime type",
    "month": "Month",
    "reported_by": "Reported by",
    "falls_within": "Falls within",
    "longitude": "Longitude",
    "latitude": "Latitude",
    "description": "Location",
    "lsoa_code": "LSOA code",
    "lsoa_name": "LSOA name",
    "district": "LSOA name",
    "outcome": "Last outcome category",
    "context": "Context",
}


class NotAStreetFile(ValueError):
    """The file is not a police.uk street file; nothing of it has been read as an event."""


class _NotACrime(Exception):
    """The row breaks a rule; the message names a column, never its content."""


def read_street_file(
    stream: BinaryIO, *, publisher: str = "west-mercia-police"
) -> Iterator[Event | RowFault]:
    """Yield one event or one fault per row, in the order of the file, as it is read.

    The event's id is a hash of the row's stripped cells and of its number among equal rows:
    reading the file again, or with a line inserted, or with other line ends, changes no id.
    Raises `NotAStreetFile` before the first row where the header is another.
    """
    rows = rows_of(stream)
    _check_header(next(rows, None))
    met: Counter[str] = Counter()
    for row in rows:
        if isinstance(row, RowFault):
            yield row
            continue
        try:
            crime = _crime(row.cells)
        except _NotACrime as reason:
            yield RowFault(row.line_number, str(reason))
            continue
        content = identity("row", *row.cells)
        met[content] += 1
        yield _event(crime, identity("crime", content, str(met[content])), publisher)


def _check_header(header: Row | RowFault | None) -> None:
    if header is None:
        raise NotAStreetFile("the file is empty")
    if isinstance(header, RowFault) or header.line_number != 1 or header.cells != COLUMNS:
        raise NotAStreetFile(
            "the first line is not the header of a police.uk street file: " + ", ".join(COLUMNS)
        )


def _event(crime: CrimeRecorded, event_id: str, publisher: str) -> Event:
    year, month = crime.month.split("-")
    return Event(
        id=event_id,
        source=f"//{publisher}",
        type=CRIME_RECORDED,
        time=datetime(int(year), int(month), 1, tzinfo=UTC),
        subject=case_opened_by(event_id),
        data=crime,
    )


def _crime(cells: tuple[str, ...]) -> CrimeRecorded:
    if len(cells) != len(COLUMNS):
        raise _NotACrime(f"has {len(cells)} columns instead of {len(COLUMNS)}")
    cell = {name: value or None for name, value in zip(COLUMNS, cells, strict=True)}
    try:
        return CrimeRecorded(
            crime_ref=cell["Crime ID"],
            category=_category(cell["Crime type"]),
            month=_month(cell["Month"]),
            reported_by=cell["Reported by"],
            falls_within=cell["Falls within"],
            location=_place(cell),
            district=_district(cell["LSOA name"]),
            outcome=cell["Last outcome category"],
            context=cell["Context"],
        )
    except ValidationError as error:
        fields = (str(detail["loc"][-1]) for detail in error.errors(include_input=False))
        columns = sorted({_COLUMN_OF[field] for field in fields})
        raise _NotACrime(f"does not fit the contract in {', '.join(columns)}") from None


def _place(cell: dict[str, str | None]) -> Place | None:
    place = Place(
        description=cell["Location"],
        longitude=_number(cell["Longitude"], "Longitude"),
        latitude=_number(cell["Latitude"], "Latitude"),
        lsoa_code=cell["LSOA code"],
        lsoa_name=cell["LSOA name"],
    )
    return None if place == Place() else place


def _number(value: str | None, column: str) -> float | None:
    if value is None:
        return None
    if not _NUMBER.fullmatch(value):
        raise _NotACrime(f"{column} is not a number of degrees")
    return float(value)


def _month(value: str | None) -> str:
    # Year 0 has no start that a clock could tell.
    if value is None or not _MONTH.fullmatch(value) or value.startswith("0000"):
        raise _NotACrime("Month is not a month (YYYY-MM)")
    return value


def _category(crime_type: str | None) -> str:
    """Return the crime type in kebab case: `violence-and-sexual-offences`."""
    if crime_type is None:
        raise _NotACrime("Crime type is blank")
    return _BETWEEN_WORDS.sub("-", crime_type.lower()).strip("-")


def _district(lsoa_name: str | None) -> str | None:
    """Return the LSOA name without its last word: "Wyre Forest 003B" is in "Wyre Forest"."""
    if lsoa_name is None:
        return None
    return " ".join(lsoa_name.split()[:-1]) or None
