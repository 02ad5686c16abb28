"""P9: whatever a record holds, the stream goes on and the publisher is told."""

import json

import pytest

from builders import NOW, Exchange, agreement_of, crime
from concordat.kafka.topics import Topics
from concordat.stages.admit import admit_stage
from concordat.stages.record import Output, Record
from concordat.stages.route import route_stage
from concordat_events.envelope import CONTENT_TYPE
from concordat_events.receipt import Receipt

ONE_MIB = 1 << 20


def _admit(value: bytes, key: bytes = b"case-0001") -> Output:
    record = Record("outbox.police", 0, 0, key, value, CONTENT_TYPE)
    (output,) = admit_stage(Topics())([record], Exchange().book, NOW)
    return output


def test_a_receipt_for_very_many_faults_is_small_enough_to_be_written() -> None:
    unknown = {f"{n:x}": 0 for n in range(13_000)}
    output = _admit(json.dumps(crime() | unknown, separators=(",", ":")).encode())
    assert output.topic == "receipts.police"
    assert len(output.value) < ONE_MIB // 2


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"])
def test_a_moment_outside_of_all_years_is_a_receipt(moment: str) -> None:
    assert _admit(json.dumps(crime() | {"time": moment}).encode()).topic == "receipts.police"


def test_a_wrong_key_is_told_together_with_the_other_faults() -> None:
    output = _admit(json.dumps(crime() | {"source": "//womens-aid"}).encode(), b"another-case")
    told = {fault.code.value for fault in Receipt.model_validate_json(output.value).data.faults}
    assert told == {"WRONG_SOURCE", "WRONG_KEY"}


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(b'{"data":' + b"[" * 100_000, id="open"),
        pytest.param(b'{"data":' + b"[" * 100_000 + b"]" * 100_000 + b"}", id="closed"),
    ],
)
def test_an_incident_nested_without_end_is_unreadable(value: bytes) -> None:
    exchange = Exchange()
    exchange.add(agreement_of())
    record = Record("incidents", 0, 0, b"case-0001", value, CONTENT_TYPE)
    outputs = route_stage(Topics(), b"k")([record], exchange.book, NOW)
    assert [output.topic for output in outputs] == ["dead-letters", "routed"]
