"""Files of CloudEvents in their three shapes."""

import io
import json
from collections.abc import Iterable

import pytest

from concordat.publish.files import NotAnEventFile, read_cloudevents
from concordat.publish.row_fault import RowFault
from concordat_events.envelope import Event


def crime(number: int, **changes: object) -> dict[str, object]:
    return {
        "specversion": "1.0",
        "id": f"crime-{number:04d}",
        "source": "//west-mercia-police",
        "type": "community-safety.crime-recorded.v1",
        "time": "2025-12-01T00:00:00Z",
        "subject": f"case-{number:04d}",
        "data": {"category": "drugs", "month": "2025-12"},
        **changes,
    }


def read(content: str | bytes) -> list[Event | RowFault]:
    data = content if isinstance(content, bytes) else content.encode()
    return list(read_cloudevents(io.BytesIO(data)))


def ids(found: Iterable[Event | RowFault]) -> list[str | int]:
    return [item.id if isinstance(item, Event) else item.line_number for item in found]


@pytest.mark.parametrize("indent", [None, 2])
def test_a_file_may_hold_one_event(indent: int | None) -> None:
    assert ids(read(json.dumps(crime(1), indent=indent))) == ["crime-0001"]


@pytest.mark.parametrize("indent", [None, 2])
def test_a_file_may_hold_an_array(indent: int | None) -> None:
    assert ids(read(json.dumps([crime(1), crime(2)], indent=indent))) == [
        "crime-0001",
        "crime-0002",
    ]


def test_an_empty_array_holds_no_events() -> None:
    assert read("[]") == []


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n"])
def test_a_file_may_hold_an_event_a_line(end: str) -> None:
    lines = end.join(json.dumps(crime(number)) for number in (1, 2, 3))
    assert ids(read(lines)) == ids(read(lines + end)) == ["crime-0001", "crime-0002", "crime-0003"]


def test_a_byte_order_mark_and_leading_blank_lines_do_no_harm() -> None:
    for content in (json.dumps(crime(1)), json.dumps([crime(1)]), json.dumps(crime(1), indent=1)):
        assert ids(read(b"\xef\xbb\xbf" + content.encode())) == ["crime-0001"]
        assert ids(read("\n \n" + content)) == ["crime-0001"]


def test_a_bad_line_is_reported_by_its_number_and_the_rest_goes_on() -> None:
    lines = [json.dumps(crime(1)), "{", json.dumps(crime(3, id="x")), "", json.dumps(crime(5))]
    assert ids(read("\n".join(lines))) == ["crime-0001", 2, 3, "crime-0005"]
    assert ids(read("\n".join(["{", *lines]))) == [1, "crime-0001", 3, 4, "crime-0005"]


def test_a_cut_last_line_is_reported() -> None:
    whole = json.dumps(crime(1))
    assert ids(read(f"{whole}\n{whole[:50]}")) == ["crime-0001", 2]


def test_a_bad_element_is_reported_by_the_line_it_begins_on() -> None:
    text = "[\n" + ",\n".join([json.dumps(crime(1)), json.dumps(crime(2, id=7)), "7"]) + "\n]"
    assert ids(read(text)) == ["crime-0001", 3, 4]
    assert ids(read("\n\n" + text)) == ["crime-0001", 5, 6]


def test_an_event_with_a_repeated_key_is_refused_in_every_shape() -> None:
    text = json.dumps(crime(1)).replace('"specversion"', '"id": "crime-0009", "specversion"')
    assert ids(read(text)) == [1]
    assert ids(read(f"[{text}]")) == [1]
    assert ids(read(f"{json.dumps(crime(1))}\n{text}")) == ["crime-0001", 2]


def test_a_fault_names_every_reason_and_none_of_the_data() -> None:
    (found,) = read(json.dumps(crime(1, subject="Perpetua Gandalf", time=None, Perpetua=1)))
    assert isinstance(found, RowFault)
    assert "subject" in found.message
    assert "time" in found.message
    assert "Perpetua" not in found.message


def test_an_event_that_is_too_large_is_reported_and_the_rest_goes_on() -> None:
    large = json.dumps(crime(2, data={"category": "x" * 300_000}))
    lines = [json.dumps(crime(1)), large, json.dumps(crime(3))]
    assert ids(read("\n".join(lines))) == ["crime-0001", 2, "crime-0003"]
    assert ids(read("\n".join(lines[1:]))) == [1, "crime-0003"]
    assert ids(read("\n " + "\n".join(lines[1:]))) == [2, "crime-0003"]
    assert ids(read(json.dumps([crime(1), json.loads(large), crime(3)]))) == [
        "crime-0001",
        1,
        "crime-0003",
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b" \n\n",
        b"Crime ID,Month\n",
        b"[1, 2",
        b"[{}] x",
        b'"text"',
        b"\xff\xfe{\x00",
        b"[" * 9**5,
    ],
)
def test_a_file_that_holds_no_events_is_refused(content: bytes) -> None:
    with pytest.raises(NotAnEventFile):
        read(content)


def test_lines_are_read_as_they_are_asked_for() -> None:
    class Endless(io.RawIOBase):
        lines = 0

        def readline(self, _size: int | None = -1, /) -> bytes:
            self.lines += 1
            return json.dumps(crime(self.lines)).encode() + b"\n"

    stream = Endless()
    events = read_cloudevents(stream)  # type: ignore[arg-type]
    assert ids(next(events) for _ in range(10))[-1] == "crime-0010"
    assert stream.lines == 10
