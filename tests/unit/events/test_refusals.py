"""Every way an event can be wrong, each with its code and its place."""

import json
from typing import Any

import pytest

from builders import crime
from concordat_events.envelope import read_event
from concordat_events.faults import FaultCode, InvalidEvent

GOOD = json.dumps(crime()).encode()


def _faults(value: bytes) -> list[tuple[FaultCode, str]]:
    with pytest.raises(InvalidEvent) as refused:
        read_event(value)
    return [(fault.code, fault.path) for fault in refused.value.faults]


def _with(**attributes: Any) -> bytes:
    return json.dumps({**crime(), **attributes}).encode()


def _without(*names: str) -> bytes:
    return json.dumps({k: v for k, v in crime().items() if k not in names}).encode()


def _incident(**data: Any) -> bytes:
    base = {
        "ref": "incident-1",
        "occurred_at": "2025-12-01T00:00:00Z",
        "grade": "high",
        "victim": {"ref": "person-01"},
    }
    return _with(type="domestic-abuse.incident-recorded.v1", data={**base, **data})


MISSING, UNDECLARED = FaultCode.MISSING, FaultCode.UNDECLARED
TYPE, VALUE = FaultCode.WRONG_TYPE, FaultCode.WRONG_VALUE

ONE_FAULT: list[tuple[bytes, FaultCode, str]] = [
    (_without("id"), MISSING, "id"),
    (_without("specversion"), MISSING, "specversion"),
    (_without("source"), MISSING, "source"),
    (_without("type"), MISSING, "type"),
    (_without("time"), MISSING, "time"),
    (_without("subject"), MISSING, "subject"),
    (_without("data"), MISSING, "data"),
    (_with(data={"month": "2025-12"}), MISSING, "data.category"),
    (_incident(children=[{"ref": "child-001"}, {}]), MISSING, "data.children[1].ref"),
    (_with(colour="red"), UNDECLARED, ""),
    (_with(data=crime()["data"] | {"colour": "red"}), UNDECLARED, "data"),
    (_incident(victim={"ref": "person-01", "phone": "0"}), UNDECLARED, "data.victim"),
    (_incident(children=[{"ref": "child-001", "x": 1}]), UNDECLARED, "data.children[0]"),
    (_with(type="community-safety.crime-recorded.v2"), FaultCode.UNKNOWN_TYPE, "type"),
    (_with(type=""), FaultCode.UNKNOWN_TYPE, "type"),
    (_with(specversion="0.3"), VALUE, "specversion"),
    (_with(specversion=1.0), VALUE, "specversion"),
    (_with(id=17), TYPE, "id"),
    (_with(id=None), TYPE, "id"),
    (_with(data=None), TYPE, "data"),
    (_with(data=[]), TYPE, "data"),
    (_with(time=1_700_000_000), TYPE, "time"),
    (_with(synthetic="true"), TYPE, "synthetic"),
    (_with(synthetic=1), TYPE, "synthetic"),
    (_with(time="2025-12-01"), TYPE, "time"),
    (_with(time="yesterday"), TYPE, "time"),
    (_with(time="2025-12-01T00:00:00"), TYPE, "time"),
    (_with(id="short"), VALUE, "id"),
    (_with(id="crime 0001"), VALUE, "id"),
    (_with(id="crime-0001\n"), VALUE, "id"),
    (_with(id="-crime-0001"), VALUE, "id"),
    (_with(id="a" * 65), VALUE, "id"),
    (_with(id="crime_0001"), VALUE, "id"),
    (_with(id="crimé-0001"), VALUE, "id"),
    (_with(subject="Jane O'Neill"), VALUE, "subject"),
    (_with(subject="case/0001"), VALUE, "subject"),
    (_with(source="police"), VALUE, "source"),
    (_with(source="//Police"), VALUE, "source"),
    (_with(source="//police/desk"), VALUE, "source"),
    (_with(source="//concordat_x"), VALUE, "source"),
    (_with(source="//" + "a" * 64), VALUE, "source"),
    (_with(datacontenttype="text/plain"), VALUE, "datacontenttype"),
    (_with(dataschema="a b"), VALUE, "dataschema"),
    (_with(withholdfrom=""), VALUE, "withholdfrom"),
    (_with(withholdfrom="womens-aid, hospital"), VALUE, "withholdfrom"),
    (_with(withholdfrom="womens-aid,"), VALUE, "withholdfrom"),
    (_with(traceparent="00-xyz"), VALUE, "traceparent"),
    (_with(data=crime()["data"] | {"category": 5}), TYPE, "data.category"),
    (_with(data=crime()["data"] | {"category": None}), TYPE, "data.category"),
    (_with(data=crime()["data"] | {"category": "Drugs"}), VALUE, "data.category"),
    (_with(data=crime()["data"] | {"month": "2025-13"}), VALUE, "data.month"),
    (_with(data=crime()["data"] | {"district": ""}), VALUE, "data.district"),
    (_with(data=crime()["data"] | {"district": "a\nb"}), VALUE, "data.district"),
    (_with(data=crime()["data"] | {"district": "a" * 201}), VALUE, "data.district"),
    (_with(data=crime()["data"] | {"location": "here"}), TYPE, "data.location"),
    (
        _with(data=crime()["data"] | {"location": {"longitude": "1.5"}}),
        TYPE,
        "data.location.longitude",
    ),
    (
        _with(data=crime()["data"] | {"location": {"longitude": 180.01}}),
        VALUE,
        "data.location.longitude",
    ),
    (
        GOOD.replace(b'"district": "Redditch"', b'"location": {"latitude": 1e400}'),
        VALUE,
        "data.location.latitude",
    ),
    (_incident(grade="severe"), VALUE, "data.grade"),
    (_incident(ticks=28), VALUE, "data.ticks"),
    (_incident(ticks=True), TYPE, "data.ticks"),
    (_incident(ticks="3"), TYPE, "data.ticks"),
    (_incident(pregnant="yes"), TYPE, "data.pregnant"),
    (_incident(pregnant=1), TYPE, "data.pregnant"),
    (_incident(offences="stalking"), TYPE, "data.offences"),
    (_incident(offences=["stalking", 5]), TYPE, "data.offences[1]"),
    (_incident(children={}), TYPE, "data.children"),
    (_incident(children=[None]), TYPE, "data.children[0]"),
    (_incident(children=[{"ref": f"child-{n:03}"} for n in range(31)]), VALUE, "data.children"),
    (_incident(victim={"ref": "person-01", "dob": "1990-02-30"}), TYPE, "data.victim.dob"),
    (
        _incident(victim={"ref": "person-01", "nhs_number": "9434765918"}),
        VALUE,
        "data.victim.nhs_number",
    ),
    (
        _incident(location={"postcode": "wr12ab"}),
        VALUE,
        "data.location.postcode",
    ),
]


@pytest.mark.parametrize(("value", "code", "path"), ONE_FAULT)
def test_each_fault_has_its_code_and_its_place(value: bytes, code: FaultCode, path: str) -> None:
    assert _faults(value) == [(code, path)]


def test_every_code_that_says_what_is_wrong_with_a_field_is_met() -> None:
    met = {code for _, code, _ in ONE_FAULT}
    assert met == {MISSING, UNDECLARED, TYPE, VALUE, FaultCode.UNKNOWN_TYPE}


def test_all_faults_of_an_event_are_told_at_once() -> None:
    value = _with(id="a b", time=5, source="police", colour="red", data={"category": 7})
    assert sorted(_faults(value)) == [
        (MISSING, "data.month"),
        (UNDECLARED, ""),
        (TYPE, "data.category"),
        (TYPE, "time"),
        (VALUE, "id"),
        (VALUE, "source"),
    ]


def test_an_unknown_type_does_not_hide_the_faults_of_the_envelope() -> None:
    value = _with(type="no-such-type.v1", id="a b")
    assert _faults(value) == [(FaultCode.UNKNOWN_TYPE, "type"), (VALUE, "id")]


def test_beyond_a_hundred_faults_only_their_number_is_told() -> None:
    undeclared = [(UNDECLARED, "")] * 100
    hundred = _with(**{f"key{n}": 0 for n in range(100)})
    assert _faults(hundred) == undeclared
    more = _with(**{f"key{n}": 0 for n in range(117)})
    assert _faults(more) == [*undeclared, (FaultCode.AND_MORE, "")]
    with pytest.raises(InvalidEvent) as refused:
        read_event(more)
    assert refused.value.faults[-1].message == "and 17 more faults"


@pytest.mark.parametrize("moment", ["2025-13-01T00:00:00Z", "2025-12-01T25:00:00Z", "soon"])
def test_what_a_parser_says_is_never_passed_on(moment: str) -> None:
    with pytest.raises(InvalidEvent) as refused:
        read_event(_with(time=moment))
    (fault,) = refused.value.faults
    assert fault.message == "cannot be read as the type the contract declares"


def test_the_error_says_codes_and_places_only() -> None:
    with pytest.raises(InvalidEvent) as refused:
        read_event(_with(id="Jane O'Neill"))
    assert str(refused.value) == "WRONG_VALUE id"
