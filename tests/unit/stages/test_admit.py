"""P9: bad input is somebody's receipt, with every fault and none of the data."""

import json
from typing import Any

import pytest

from builders import NOW, Exchange, crime
from concordat.kafka.topics import Topics
from concordat.stages.admit import admit_stage, examine
from concordat.stages.record import Output, Record
from concordat_events.envelope import CONTENT_TYPE, read_event, write_event
from concordat_events.faults import FaultCode, InvalidEvent
from concordat_events.receipt import Receipt

TOPICS = Topics("t7.")
BOOK = Exchange().book
GOOD = json.dumps(crime()).encode()
SECRET = "Jane-ONeill-of-12-Elm-Road"


def _record(
    value: bytes | None = GOOD,
    key: bytes | None = b"case-0001",
    content_type: str | None = CONTENT_TYPE,
    *,
    topic: str = "t7.outbox.police",
    offset: int = 41,
) -> Record:
    return Record(topic, 3, offset, key, value, content_type)


def _admit(*records: Record) -> list[Output]:
    return admit_stage(TOPICS)(records, BOOK, NOW)


def _event(**changes: Any) -> bytes:
    return json.dumps({**crime(), **changes}).encode()


def _data(**changes: Any) -> bytes:
    return json.dumps(crime(**changes)).encode()


def test_a_good_event_enters_the_log_of_incidents_under_its_case() -> None:
    (output,) = _admit(_record())
    assert output == Output(
        "t7.incidents", b"case-0001", write_event(read_event(GOOD)), CONTENT_TYPE
    )


def test_what_enters_is_the_validated_event_and_never_the_received_bytes() -> None:
    odd = GOOD.replace(b'"drugs"', b'"\\u0064rugs"').replace(b": ", b" :   ")
    (output,) = _admit(_record(odd))
    assert output.value == write_event(read_event(GOOD))
    assert output.value != odd


def test_every_record_has_one_output_in_its_place() -> None:
    outputs = _admit(
        _record(), _record(b"garbage", offset=42), _record(topic="t7.outbox.nobody"), _record()
    )
    assert [output.topic for output in outputs] == [
        "t7.incidents",
        "t7.receipts.police",
        "t7.dead-letters",
        "t7.incidents",
    ]


def test_no_records_no_outputs() -> None:
    assert _admit() == []


def _long() -> bytes:
    return _event(data={"category": "drugs", "month": "2025-12", "district": SECRET * 8000})


REFUSED: dict[str, tuple[Record, set[FaultCode]]] = {
    "garbage bytes": (_record(b"\x00\xfe" + SECRET.encode()), {FaultCode.NOT_UTF8}),
    "garbage text": (_record(SECRET.encode()), {FaultCode.NOT_JSON}),
    "a null value": (_record(None), {FaultCode.EMPTY}),
    "an empty value": (_record(b""), {FaultCode.EMPTY}),
    "a null key": (_record(key=None), {FaultCode.WRONG_KEY}),
    "an empty key": (_record(key=b""), {FaultCode.WRONG_KEY}),
    "a key other than the subject": (_record(key=SECRET.encode()), {FaultCode.WRONG_KEY}),
    "a key that is not UTF-8": (_record(key=b"case-0001\xff"), {FaultCode.WRONG_KEY}),
    "another's source": (_record(_event(source="//womens-aid")), {FaultCode.WRONG_SOURCE}),
    "an unknown type": (_record(_event(type=f"{SECRET}.v1")), {FaultCode.UNKNOWN_TYPE}),
    "an undeclared attribute": (_record(_event(**{SECRET: SECRET})), {FaultCode.UNDECLARED}),
    "an undeclared field": (_record(_data(**{SECRET: SECRET})), {FaultCode.UNDECLARED}),
    "a field of the wrong type": (_record(_data(district=[SECRET])), {FaultCode.WRONG_TYPE}),
    "a field with a wrong value": (_record(_data(month=SECRET)), {FaultCode.WRONG_VALUE}),
    "a missing field": (
        _record(_event(data={"month": "2025-12", "district": SECRET})),
        {FaultCode.MISSING},
    ),
    "a key twice": (
        _record(GOOD[:-1] + f', "id": "{SECRET}"}}'.encode()),
        {FaultCode.DUPLICATE_KEY},
    ),
    "invalid UTF-8": (
        _record(_data(district=SECRET).replace(b"Elm", b"\xe9lm")),
        {FaultCode.NOT_UTF8},
    ),
    "an id with a space": (_record(_event(id=f"{SECRET} 1")), {FaultCode.WRONG_VALUE}),
    "an id with a name": (_record(_event(id=f"{SECRET}'s")), {FaultCode.WRONG_VALUE}),
    "a subject with a space": (
        _record(_event(subject=f"{SECRET} 1"), f"{SECRET} 1".encode()),
        {FaultCode.WRONG_VALUE},
    ),
    "200 KB": (_record(_long()), {FaultCode.TOO_LARGE}),
    "a wrong content type": (_record(content_type="application/json"), {FaultCode.CONTENT_TYPE}),
    "a content type with data": (_record(content_type=SECRET), {FaultCode.CONTENT_TYPE}),
    "no content type": (_record(content_type=None), {FaultCode.CONTENT_TYPE}),
    "denial of an unknown agency": (
        _record(_event(withholdfrom="womens-aid," + SECRET.lower())),
        {FaultCode.UNKNOWN_AGENCY},
    ),
    "two faults": (
        _record(_event(source="//womens-aid", withholdfrom="nobody-here")),
        {FaultCode.WRONG_SOURCE, FaultCode.UNKNOWN_AGENCY},
    ),
    "endless nesting": (_record(b"[" * 100_000), {FaultCode.NOT_JSON}),
    "a wrong source under a wrong key": (
        _record(_event(source="//womens-aid"), b"another-case"),
        {FaultCode.WRONG_SOURCE, FaultCode.WRONG_KEY},
    ),
    "a fault of every kind": (
        _record(
            _event(
                source="//womens-aid",
                withholdfrom="nobody-here",
                data={"month": "2025-13", SECRET: 1},
            ),
            b"another-case",
        ),
        {
            FaultCode.WRONG_SOURCE,
            FaultCode.UNKNOWN_AGENCY,
            FaultCode.WRONG_KEY,
            FaultCode.MISSING,
            FaultCode.WRONG_VALUE,
            FaultCode.UNDECLARED,
        },
    ),
    "a year that UTC does not have": (
        _record(_event(time="0001-01-01T00:00:00+01:00")),
        {FaultCode.WRONG_VALUE},
    ),
    "9,000 faults": (
        _record(_event(**{f"{SECRET[:2]}{n:x}": 0 for n in range(9_000)})),
        {FaultCode.UNDECLARED, FaultCode.AND_MORE},
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_refused_event_is_one_receipt_with_its_faults_and_none_of_the_data(case: str) -> None:
    record, codes = REFUSED[case]
    (output,) = _admit(record)
    assert (output.topic, output.content_type) == ("t7.receipts.police", CONTENT_TYPE)
    receipt = Receipt.model_validate_json(output.value)
    assert {fault.code for fault in receipt.data.faults} == codes
    place = (receipt.data.topic, receipt.data.partition, receipt.data.offset)
    assert place == ("t7.outbox.police", 3, 41)
    whole = (output.key + output.value).lower()
    assert SECRET.lower().encode() not in whole
    assert b"redditch" not in whole


def test_the_tables_meet_every_code_there_is() -> None:
    assert set().union(*(codes for _, codes in REFUSED.values())) == set(FaultCode)


def test_a_receipt_names_the_event_by_its_id_where_that_is_well_formed() -> None:
    def told(value: bytes) -> str | None:
        return Receipt.model_validate_json(_admit(_record(value))[0].value).data.event_id

    assert told(_data(month="x")) == "crime-0001"
    assert told(_event(id="a name", data={})) is None
    assert told(_event(id=5)) is None
    assert told(_event(id="crime-0001\n")) is None
    assert told(_data()[:-1] + b', "id": "crime-0002"}') is None
    assert told(b'["id"]') is None


def test_a_receipt_is_known_by_the_place_of_the_record_alone() -> None:
    first, again, other = (
        Receipt.model_validate_json(_admit(_record(value, offset=offset))[0].value)
        for value, offset in ((b"x", 1), (b"y", 1), (b"x", 2))
    )
    assert first.id == again.id != other.id


def test_the_receipt_goes_to_the_agency_of_the_outbox_whatever_the_event_says() -> None:
    (output,) = _admit(_record(_event(source="//womens-aid"), topic="t7.outbox.social-care"))
    assert output.topic == "t7.receipts.social-care"


@pytest.mark.parametrize("topic", ["t7.outbox.nobody", "t7.outbox.", "incidents", "outbox.police"])
def test_an_outbox_of_nobody_is_a_dead_letter_without_contents(topic: str) -> None:
    (output,) = _admit(_record(_data(district=SECRET), topic=topic))
    assert output.topic == "t7.dead-letters"
    assert output.key == f"{topic}/3/41".encode()
    assert json.loads(output.value) == {
        "stage": "admit",
        "topic": topic,
        "partition": 3,
        "offset": 41,
        "reason": "UNKNOWN_AGENCY",
        "size": len(_data(district=SECRET)),
    }


def test_a_registered_agency_may_be_denied() -> None:
    (output,) = _admit(_record(_event(withholdfrom="womens-aid,adult-care")))
    assert output.topic == "t7.incidents"


def test_the_gateway_examines_as_admit_does() -> None:
    assert examine(GOOD, CONTENT_TYPE, agency="police", book=BOOK).id == "crime-0001"
    with pytest.raises(InvalidEvent) as refused:
        examine(GOOD, CONTENT_TYPE, agency="womens-aid", book=BOOK)
    assert [fault.code for fault in refused.value.faults] == [FaultCode.WRONG_SOURCE]
