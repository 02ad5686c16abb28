"""What an information governance officer may rely on when an agreement is read without a fault."""

import json
from typing import Any

import pytest

from builders import agreement_of, share_of
from concordat.agreements.checking.reading import read_agreement
from concordat.agreements.checking.yaml_text import parse_yaml

BASE = json.loads(agreement_of().canonical())
INCIDENT = "domestic-abuse.incident-recorded.v1"


def _faults(**changes: Any) -> list[str]:
    content = {k: v for k, v in (BASE | changes).items() if v is not None}
    return [fault.message for fault in read_agreement(json.dumps(content), name="a").faults]


def _incident(**changes: Any) -> dict[str, Any]:
    return share_of(event=INCIDENT, send=[], **changes)


def test_a_key_has_one_spelling() -> None:
    assert _faults(schema=None, schema_="concordat/agreement/v1") != []
    share = share_of()
    share["from_"] = share.pop("from")
    assert _faults(shares=[share]) != []
    condition = {"field": "ticks", "is_": 1}
    assert _faults(shares=[_incident(when=[condition])]) != []


def test_a_number_is_not_a_boolean() -> None:
    assert _faults(shares=[_incident(when=[{"field": "ticks", "present": 1}])]) != []


@pytest.mark.parametrize("value", ["0", "1811808000", 1_811_808_000])
def test_a_number_is_not_a_day(value: Any) -> None:
    assert _faults(review_by=value) != []


@pytest.mark.parametrize("value", ["soon", "1990-02-30", "1990-1-1"])
def test_a_condition_on_a_day_that_is_none_can_never_be_decided(value: str) -> None:
    assert _faults(shares=[_incident(when=[{"field": "victim.dob", "is": value}])]) != []


@pytest.mark.parametrize("operand", [10**30, -(2**53), 1e400])
def test_a_number_that_cannot_be_signed_is_a_fault(operand: float) -> None:
    text = json.dumps(BASE | {"shares": [_incident(when=[{"field": "ticks", "is": 7}])]})
    reading = read_agreement(text.replace('"is": 7', f'"is": {operand:.0f}'), name="a")
    assert reading.faults != ()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[" * 3000, id="endless nesting"),
        pytest.param("a: " + "1" * 5000, id="an endless integer"),
    ],
)
def test_reading_never_raises(text: str) -> None:
    assert parse_yaml(text).faults != []


@pytest.mark.parametrize("text", ["a: !evil {b: 1}", "a: !!set {b: 1}", "a: !evil [1]"])
def test_a_tag_on_a_mapping_or_list_is_a_fault_as_on_a_scalar(text: str) -> None:
    assert parse_yaml(text).faults != []
