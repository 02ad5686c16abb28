"""What cannot be read at all, or read in two ways, is refused with one plain fault."""

import json
from collections.abc import Callable

import pytest

from builders import crime
from concordat_events.envelope import CONTENT_TYPE, MAX_BYTES, read_event
from concordat_events.faults import FaultCode, InvalidEvent

GOOD = json.dumps(crime()).encode()


def _faults(
    value: bytes | None, content_type: str | None = CONTENT_TYPE
) -> list[tuple[FaultCode, str]]:
    with pytest.raises(InvalidEvent) as refused:
        read_event(value, content_type)
    return [(fault.code, fault.path) for fault in refused.value.faults]


UNREADABLE: list[tuple[str, bytes | None, FaultCode]] = [
    ("nothing", None, FaultCode.EMPTY),
    ("no bytes", b"", FaultCode.EMPTY),
    ("one byte too many", GOOD + b" " * (MAX_BYTES + 1 - len(GOOD)), FaultCode.TOO_LARGE),
    ("200 KB", b"x" * 200_000, FaultCode.TOO_LARGE),
    ("not UTF-8", GOOD.replace(b"Redditch", b"\xff\xfe"), FaultCode.NOT_UTF8),
    ("UTF-16", json.dumps(crime()).encode("utf-16"), FaultCode.NOT_UTF8),
    ("an overlong encoding", GOOD.replace(b"Redditch", b"\xc0\xaf"), FaultCode.NOT_UTF8),
    ("an encoded surrogate", GOOD.replace(b"Redditch", b"\xed\xa0\x80"), FaultCode.NOT_UTF8),
    ("a byte order mark", b"\xef\xbb\xbf" + GOOD, FaultCode.NOT_JSON),
    ("garbage", b"\x00\x01garbage", FaultCode.NOT_JSON),
    ("cut short", GOOD[:-1], FaultCode.NOT_JSON),
    ("two values", GOOD + GOOD, FaultCode.NOT_JSON),
    ("a trailing comma", GOOD[:-1] + b",}", FaultCode.NOT_JSON),
    ("NaN", GOOD.replace(b'"drugs"', b"NaN"), FaultCode.NOT_JSON),
    ("Infinity", GOOD.replace(b'"drugs"', b"-Infinity"), FaultCode.NOT_JSON),
    ("an endless integer", GOOD.replace(b'"drugs"', b"1" * 5000), FaultCode.NOT_JSON),
    ("endless nesting", b"[" * 100_000, FaultCode.NOT_JSON),
    ("endless nesting, closed", b"[" * 50_000 + b"]" * 50_000, FaultCode.NOT_JSON),
    ("a list", b"[]", FaultCode.NOT_JSON),
    ("a text", b'"text"', FaultCode.NOT_JSON),
    ("null", b"null", FaultCode.NOT_JSON),
]


@pytest.mark.parametrize(
    ("value", "code"), [pytest.param(value, code, id=name) for name, value, code in UNREADABLE]
)
def test_what_cannot_be_read_at_all_has_one_fault(value: bytes | None, code: FaultCode) -> None:
    assert _faults(value) == [(code, "")]


def test_the_largest_allowed_event_is_read() -> None:
    assert read_event(GOOD + b" " * (MAX_BYTES - len(GOOD))).id == "crime-0001"


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "application/json",
        "application/cloudevents-batch+json",
        "application/cloudevents+json; charset=latin-1",
        "application/cloudevents+json; charset=UTF-8; version=2",
        "text/plain, application/cloudevents+json",
    ],
)
def test_another_content_type_is_refused(content_type: str | None) -> None:
    assert _faults(GOOD, content_type) == [(FaultCode.CONTENT_TYPE, "")]


DUPLICATES: dict[str, Callable[[bytes], bytes]] = {
    "at the top": lambda good: good[:-1] + b', "id": "crime-0002"}',
    "of data": lambda good: good[:-1] + b', "data": {"category": "a", "month": "2025-12"}}',
    "in data": lambda good: good.replace(b'"month"', b'"category": "burglary", "month"'),
    "deeper": lambda good: good.replace(
        b'"district": "Redditch"', b'"location": {"description": "a", "description": "a"}'
    ),
    "escaped": lambda good: good.replace(b'"month"', b'"c\\u0061tegory": "burglary", "month"'),
    "null beside a value": lambda good: good.replace(b'"month"', b'"category": null, "month"', 1),
}


@pytest.mark.parametrize("place", DUPLICATES)
def test_a_key_that_stands_twice_is_a_fault_at_any_depth(place: str) -> None:
    assert (FaultCode.DUPLICATE_KEY, "") in _faults(DUPLICATES[place](GOOD))


def test_a_duplicate_is_told_once_with_the_faults_of_what_was_read_last() -> None:
    value = GOOD[:-1] + b', "data": {"zzz": 1}, "data": "text", "data": {"a": {}, "a": 5}}'
    assert _faults(value) == [
        (FaultCode.DUPLICATE_KEY, ""),
        (FaultCode.MISSING, "data.category"),
        (FaultCode.MISSING, "data.month"),
        (FaultCode.UNDECLARED, "data"),
    ]


@pytest.mark.parametrize("text", [rb"\ud800", rb"\udc00x", rb"\ud800\ud800"])
@pytest.mark.parametrize("where", [b"Redditch", b"district", b"case-0001"])
def test_half_a_surrogate_pair_is_refused(text: bytes, where: bytes) -> None:
    assert len(_faults(GOOD.replace(where, text))) == 1


def test_nesting_that_one_parser_bears_and_another_does_not_is_refused() -> None:
    nested = b'{"a":' * 300 + b"1" + b"}" * 300
    assert _faults(GOOD[:-1] + b', "x": ' + nested + b"}")
