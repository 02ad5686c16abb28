"""The street file importer: what a row becomes, and what the file may have been through."""

import io
import re
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import pytest

from concordat.publish.csv_rows import MAX_LINE_BYTES
from concordat.publish.police_uk import COLUMNS, NotAStreetFile, read_street_file
from concordat.publish.row_fault import RowFault
from concordat_events.envelope import Event, read_event, write_event
from concordat_events.lines.community_safety import CrimeRecorded, Place

DEMO_FILE = Path(__file__).parents[3] / "demo" / "2025-12-west-mercia-street.csv"
HEADER = ",".join(COLUMNS)
REF = "0fa77ab7399b620c8ae11ce8bb905035c394afb211fd62ce492d0a3cabf9880c"
ROW = (
    f"{REF},2025-12,West Mercia Police,West Mercia Police,-2.159497,52.416430,"
    "On or near Park/Open Space,E01032138,Wyre Forest 003B,Violence and sexual offences,"
    "Unable to prosecute suspect,"
)
BLANK_ROW = ",2025-12,West Mercia Police,West Mercia Police,,,No Location,,,Anti-social behaviour,,"


def read(*rows: str, end: str = "\n", header: str = HEADER) -> list[Event | RowFault]:
    return read_bytes("".join(line + end for line in (header, *rows)).encode())


def read_bytes(content: bytes) -> list[Event | RowFault]:
    return list(read_street_file(io.BytesIO(content)))


def event(found: Event | RowFault) -> Event:
    assert isinstance(found, Event), found
    return found


def ids(found: Iterable[Event | RowFault]) -> list[str]:
    return [event(item).id for item in found]


def fault(found: Event | RowFault) -> tuple[int, str]:
    assert isinstance(found, RowFault), found
    return found.line_number, found.message


def test_a_row_becomes_an_event_with_exactly_what_it_says() -> None:
    (found,) = read(ROW)
    assert event(found).model_dump(exclude={"id", "subject"}) == {
        "specversion": "1.0",
        "source": "//west-mercia-police",
        "type": "community-safety.crime-recorded.v1",
        "time": datetime(2025, 12, 1, tzinfo=UTC),
        "datacontenttype": None,
        "dataschema": None,
        "withholdfrom": None,
        "synthetic": None,
        "traceparent": None,
        "data": {},
    }
    assert event(found).data == CrimeRecorded(
        crime_ref=REF,
        category="violence-and-sexual-offences",
        month="2025-12",
        reported_by="West Mercia Police",
        falls_within="West Mercia Police",
        location=Place(
            description="On or near Park/Open Space",
            longitude=-2.159497,
            latitude=52.41643,
            lsoa_code="E01032138",
            lsoa_name="Wyre Forest 003B",
        ),
        district="Wyre Forest",
        outcome="Unable to prosecute suspect",
        context=None,
    )


def test_what_the_file_leaves_blank_is_null_and_nothing_is_invented() -> None:
    (found,) = read(BLANK_ROW)
    assert event(found).data == CrimeRecorded(
        category="anti-social-behaviour",
        month="2025-12",
        reported_by="West Mercia Police",
        falls_within="West Mercia Police",
        location=Place(description="No Location"),
    )


def test_a_blank_lsoa_beside_coordinates_keeps_the_coordinates() -> None:
    (found,) = read(ROW.replace("E01032138,Wyre Forest 003B", ","))
    data = event(found).data
    assert isinstance(data, CrimeRecorded)
    assert data.location == Place(
        description="On or near Park/Open Space", longitude=-2.159497, latitude=52.41643
    )
    assert data.district is None


def test_a_row_without_any_place_has_no_location() -> None:
    (found,) = read(BLANK_ROW.replace("No Location", ""))
    data = event(found).data
    assert isinstance(data, CrimeRecorded)
    assert data.location is None


def test_every_event_is_one_the_exchange_accepts_and_opens_a_case_of_its_own() -> None:
    events = [event(found) for found in read(ROW, ROW, BLANK_ROW)]
    for each in events:
        assert write_event(read_event(write_event(each))) == write_event(each)
    assert len({each.subject for each in events}) == 3
    assert {each.subject for each in events}.isdisjoint({each.id for each in events})


def test_identical_rows_are_separate_incidents() -> None:
    assert len(set(ids(read(BLANK_ROW, BLANK_ROW, BLANK_ROW)))) == 3


def test_one_crime_id_in_two_different_rows_is_two_events() -> None:
    other = ROW.replace("Unable to prosecute suspect", "Local resolution")
    first, second = (event(found) for found in read(ROW, other))
    assert first.id != second.id
    assert isinstance(first.data, CrimeRecorded)
    assert isinstance(second.data, CrimeRecorded)
    assert first.data.crime_ref == second.data.crime_ref == REF


def test_reading_the_file_again_gives_the_same_ids() -> None:
    assert ids(read(ROW, BLANK_ROW, BLANK_ROW)) == ids(read(ROW, BLANK_ROW, BLANK_ROW))


@pytest.mark.parametrize("place", [0, 1, 2, 3])
def test_an_inserted_line_changes_no_other_id(place: int) -> None:
    rows = [ROW, BLANK_ROW, BLANK_ROW]
    inserted = ROW.replace("Wyre Forest", "Redditch")
    longer = [*rows[:place], inserted, *rows[place:]]
    found = ids(read(*longer))
    assert found[:place] + found[place + 1 :] == ids(read(*rows))


def test_an_inserted_copy_of_a_row_adds_one_id_and_keeps_the_others() -> None:
    before, after = ids(read(ROW, BLANK_ROW)), ids(read(ROW, BLANK_ROW, ROW))
    assert set(before) < set(after)
    assert len(after) == 3


def test_what_an_editor_does_to_a_file_changes_no_id() -> None:
    plain = ids(read(ROW, BLANK_ROW))
    assert ids(read(ROW, BLANK_ROW, end="\r\n")) == plain
    assert ids(read_bytes(b"\xef\xbb\xbf" + f"{HEADER}\n{ROW}\n{BLANK_ROW}\n".encode())) == plain
    assert ids(read(ROW.replace(",", "  ,"), BLANK_ROW + "  ")) == plain
    quoted = ",".join(f'"{cell}"' for cell in ROW.split(","))
    assert ids(read(quoted, BLANK_ROW)) == plain
    assert ids(read("", ROW, "", BLANK_ROW, "")) == plain


def test_quoted_cells_may_hold_commas_quotes_and_line_breaks() -> None:
    told = '"On or near ""The Acre"", Long\nLane"'
    found = read(ROW.replace("On or near Park/Open Space", told.replace("\n", " ")), ROW)
    data = event(found[0]).data
    assert isinstance(data, CrimeRecorded)
    assert data.location is not None
    assert data.location.description == 'On or near "The Acre", Long Lane'
    broken, after = read(ROW.replace("On or near Park/Open Space", told), ROW)
    # Read as one row; a line break has no place in a location's description.
    assert fault(broken) == (2, "does not fit the contract in Location")
    assert event(after).id == ids(read(ROW))[0]


def test_a_row_over_several_lines_does_not_shift_the_line_numbers_after_it() -> None:
    row = ROW.replace("On or near Park/Open Space", '"On or near\nPark"')
    assert [fault(found)[0] for found in read(row, "nonsense")] == [2, 4]


def test_text_beyond_ascii_is_kept() -> None:
    (found,) = read(ROW.replace("Park/Open Space", "Tŷ Gwyn · Łódź Café"))
    data = event(found).data
    assert isinstance(data, CrimeRecorded)
    assert data.location is not None
    assert data.location.description == "On or near Tŷ Gwyn · Łódź Café"


def test_a_last_line_without_its_end_is_read_and_a_cut_one_is_reported() -> None:
    whole, cut = f"{HEADER}\n{ROW}\n{BLANK_ROW}", f"{HEADER}\n{ROW}\n{BLANK_ROW[:60]}"
    assert len(ids(read_bytes(whole.encode()))) == 2
    good, bad = read_bytes(cut.encode())
    assert event(good)
    assert fault(bad) == (3, "has 7 columns instead of 12")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("2025-12", "2025-13", "Month is not a month (YYYY-MM)"),
        ("2025-12", "December", "Month is not a month (YYYY-MM)"),
        ("2025-12", "0000-01", "Month is not a month (YYYY-MM)"),
        ("2025-12", "\uff12\uff10\uff12\uff15-12", "Month is not a month (YYYY-MM)"),
        ("2025-12", "", "Month is not a month (YYYY-MM)"),
        ("-2.159497", "west", "Longitude is not a number of degrees"),
        ("-2.159497", "nan", "Longitude is not a number of degrees"),
        ("52.416430", "1e1", "Latitude is not a number of degrees"),
        ("52.416430", "1_0", "Latitude is not a number of degrees"),
        ("52.416430", "99.5", "does not fit the contract in Latitude"),
        ("-2.159497", "181", "does not fit the contract in Longitude"),
        ("E01032138", "E0103", "does not fit the contract in LSOA code"),
        ("Violence and sexual offences", "", "Crime type is blank"),
        ("Violence and sexual offences", "Tŷ", "does not fit the contract in Crime type"),
        ("On or near", "On\x00near", "does not fit the contract in Location"),
        ("On or near", "x" * 201, "does not fit the contract in Location"),
        (REF, "\x07", "does not fit the contract in Crime ID"),
        (REF + ",", "", "has 11 columns instead of 12"),
        (REF, f"{REF},", "has 13 columns instead of 12"),
        ("On or near", '"On or near"x', "is not a row of comma-separated values"),
        ("On or near", '"On or near', "a quoted cell is not closed"),
        ("On or near", "x" * MAX_LINE_BYTES, f"is longer than {MAX_LINE_BYTES} bytes"),
    ],
)
def test_a_row_that_cannot_be_an_event_is_reported_and_the_rest_goes_on(
    old: str, new: str, message: str
) -> None:
    before, bad, after = read(BLANK_ROW, ROW.replace(old, new, 1), ROW)
    assert event(before)
    assert fault(bad) == (3, message)
    assert ids([after]) == ids(read(ROW))


def test_a_row_that_is_not_utf8_is_reported_and_the_rest_goes_on() -> None:
    bad = ROW.replace("Park", "Café").encode("cp1252")
    found = read_bytes(b"\n".join([HEADER.encode(), ROW.encode(), bad, BLANK_ROW.encode()]))
    assert fault(found[1]) == (3, "is not UTF-8")
    assert [*ids([found[0]]), *ids([found[2]])] == ids(read(ROW, BLANK_ROW))


def test_a_quote_that_never_closes_spoils_only_its_own_line() -> None:
    rows = [ROW.replace("Wyre Forest", f"District {number}") for number in range(30)]
    bad = ROW.replace("On or near", '"On or near')
    found = read(*rows[:10], bad, *rows[10:])
    assert fault(found[10]) == (12, "a quoted cell is not closed")
    assert ids([*found[:10], *found[11:]]) == ids(read(*rows))


def test_two_stray_quotes_near_each_other_spoil_only_their_own_lines() -> None:
    bad = ROW.replace("On or near", '"On or near')
    found = read(bad, ROW, bad, BLANK_ROW)
    assert [type(item) for item in found] == [RowFault, Event, RowFault, Event]


def test_a_fault_never_repeats_what_the_row_says() -> None:
    secret = "Perpetua Gandalf"
    for column in range(len(COLUMNS)):
        cells = ROW.split(",")
        cells[column] = f"\x01{secret}"
        (found,) = read(",".join(cells))
        assert isinstance(found, RowFault)
        assert secret not in found.message


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n\n",
        b"\n" + HEADER.encode() + b"\n" + ROW.encode(),
        ROW.encode(),
        HEADER.replace("Month", "Moth").encode(),
        HEADER.lower().encode(),
        HEADER.removesuffix(",Context").encode(),
        (HEADER + ",Extra").encode(),
        HEADER.replace(",", ";").encode(),
        f"{HEADER}\n{ROW}\n".encode("utf-16"),
        f"{HEADER}\n{ROW}\n".replace("\n", "\r").encode(),
        b"PK\x03\x04\x14\x00\x00\x00",
        b'{"specversion": "1.0"}',
        b"x" * 1_000_000,
    ],
)
def test_a_file_that_is_no_street_file_is_refused_with_a_clear_error(content: bytes) -> None:
    with pytest.raises(NotAStreetFile, match=r"the file is empty|police\.uk street file: Crime ID"):
        read_bytes(content)


def test_rows_are_read_as_they_are_asked_for() -> None:
    class Endless(io.RawIOBase):
        lines = 0

        def readline(self, _size: int | None = -1, /) -> bytes:
            self.lines += 1
            return (HEADER if self.lines == 1 else ROW).encode() + b"\n"

    stream = Endless()
    assert len(list(islice(read_street_file(stream), 100))) == 100  # type: ignore[arg-type]
    assert stream.lines == 101


def test_the_published_file_is_read_whole_and_as_it_is() -> None:
    with DEMO_FILE.open("rb") as stream:
        events = [event(found) for found in read_street_file(stream)]
    assert len(events) == len({each.id for each in events}) == 7879
    crimes = [each.data for each in events if isinstance(each.data, CrimeRecorded)]
    assert sum(crime.crime_ref is None for crime in crimes) == 1134
    assert sum(crime.district is None for crime in crimes) == 151
    districts = Counter(crime.district for crime in crimes)
    assert (districts["Shropshire"], districts["Telford and Wrekin"]) == (1544, 1393)
    categories = Counter(crime.category for crime in crimes)
    assert categories["violence-and-sexual-offences"] == 3225
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", category) for category in categories)
