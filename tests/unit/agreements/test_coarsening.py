"""Less than a field's whole value: a closed list, under a name of its own, and nothing more."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import NOW, Exchange, agreement_of, share_of
from concordat.agreements.checking.checks import check_agreement
from concordat.agreements.checking.world import World
from concordat.agreements.coarsening import (
    Coarsening,
    coarsener,
    fault_of_coarsening,
    name_of,
    parts_of,
)
from concordat.agreements.day import london_day
from concordat.agreements.decide import decide
from concordat.agreements.document import Agreement
from concordat.agreements.view import View
from concordat_events.catalogue import CATALOGUE
from concordat_events.leaves import leaves
from event_strategies import QUICK, TYPES, events
from naive_fields import project
from share_strategies import ways_to_coarsen

INCIDENT = "domestic-abuse.incident-recorded.v1"
MODEL = CATALOGUE[INCIDENT]
KNOWN = leaves(MODEL)
DATA: dict[str, Any] = {
    "ref": "incident-1",
    "occurred_at": "2015-06-30T23:30:00Z",
    "grade": "high",
    "pregnant": False,
    "victim": {
        "ref": "person-01",
        "dob": "1990-02-28",
        "address": {"postcode": "WR1 1AA"},
    },
    "children": [
        {"ref": "child-001", "dob": "2015-01-02", "voice": "I heard it"},
        {"ref": "child-002", "dob": None},
        {"ref": "child-003", "dob": "2011-12-31"},
    ],
    "offences": [],
    "location": {"postcode": "B7 4BB"},
}


def _seen(*names: str, data: Any = DATA) -> Any:
    view = View(MODEL, names)
    return json.loads(msgspec.json.encode(view.project(json.dumps(data).encode())))


@pytest.mark.parametrize(
    ("path", "less", "value", "sent"),
    [
        ("victim.dob", "year", "1990-02-28", "1990"),
        ("victim.dob", "month", "1990-02-28", "1990-02"),
        ("victim.dob", "year", "0099-02-28", "0099"),
        ("occurred_at", "year", "2015-06-30T23:30:00Z", "2015"),
        # An instant's month is that of its day in London.
        ("occurred_at", "month", "2015-06-30T22:59:59.999999Z", "2015-06"),
        ("occurred_at", "month", "2015-06-30T23:00:00Z", "2015-07"),
        ("occurred_at", "month", "2015-11-30T23:59:59Z", "2015-11"),
        ("occurred_at", "year", "1970-12-31T23:00:00Z", "1971"),  # British Standard Time
        ("occurred_at", "year", "0001-01-01T00:00:00Z", "0001"),
        ("occurred_at", "month", "9999-12-31T23:59:59Z", "9999-12"),
        ("location.postcode", "outward-code", "WR1 1AA", "WR1"),
        ("location.postcode", "outward-code", "EC1A 1BB", "EC1A"),
        ("location.postcode", "outward-code", "B7 4BB", "B7"),
        ("grade", "present", "high", True),
        ("pregnant", "present", False, True),
        ("ticks", "present", 0, True),
        ("offences", "present", [], True),
    ],
)
def test_what_is_sent_of_a_value(path: str, less: str, value: Any, sent: Any) -> None:
    coarsening = Coarsening(less)
    assert fault_of_coarsening(coarsening, KNOWN[path]) is None
    assert coarsener(coarsening, KNOWN[path])(value) == sent


@pytest.mark.parametrize(
    ("path", "less"),
    [
        ("grade", "year"),
        ("narrative", "month"),
        ("ticks", "year"),
        ("victim.dob", "outward-code"),
        ("victim.name", "outward-code"),
        ("location.district", "outward-code"),
        ("offences", "year"),
        ("offences", "outward-code"),
    ],
)
def test_a_field_that_has_no_such_part_is_a_fault(path: str, less: str) -> None:
    fault = fault_of_coarsening(Coarsening(less), KNOWN[path])
    assert fault is not None
    assert repr(path) in fault


def test_the_list_is_closed() -> None:
    assert [each.value for each in Coarsening] == ["year", "month", "outward-code", "present"]
    item = {"field": "victim.dob", "as": "decade"}
    with pytest.raises(ValueError, match="validation error"):
        agreement_of(shares=[share_of(event=INCIDENT, send=[item])])


def test_every_field_can_be_said_to_be_present() -> None:
    for model in CATALOGUE.values():
        for leaf in leaves(model).values():
            assert fault_of_coarsening(Coarsening.PRESENT, leaf) is None


@pytest.mark.parametrize("path", ["victim.dob", "children[].dob", "offences"])
@pytest.mark.parametrize("coarsening", [None, *Coarsening])
def test_a_name_says_path_and_coarsening(path: str, coarsening: Coarsening | None) -> None:
    assert parts_of(name_of(path, coarsening)) == (path, coarsening)


def test_it_stands_beside_where_the_field_would_under_a_name_of_its_own() -> None:
    assert _seen("victim.dob as year", "location.postcode as outward-code") == {
        "victim": {"dob_year": "1990"},
        "location": {"postcode_outward_code": "B7"},
    }
    assert _seen("occurred_at as month") == {"occurred_at_month": "2015-07"}
    assert _seen("victim.dob as month", "victim.ref") == {
        "victim": {"dob_month": "1990-02", "ref": "person-01"}
    }


def test_the_whole_and_less_of_it_may_both_be_sent() -> None:
    assert _seen("victim.dob", "victim.dob as year", "victim.dob as present")["victim"] == {
        "dob": "1990-02-28",
        "dob_year": "1990",
        "dob_present": True,
    }


def test_in_a_list_each_element_has_its_own_and_one_without_it_leaves_no_trace() -> None:
    assert _seen("children[].dob as year") == {
        "children": [{"dob_year": "2015"}, {"dob_year": "2011"}]
    }
    assert _seen("children[].voice as present", "children[].ref") == {
        "children": [
            {"ref": "child-001", "voice_present": True},
            {"ref": "child-002"},
            {"ref": "child-003"},
        ]
    }


def test_present_is_true_or_not_there_never_false() -> None:
    names = ["pregnant as present", "offences as present", "weapon as present", "narrative"]
    assert _seen(*names) == {"pregnant_present": True, "offences_present": True}
    assert _seen("victim.address.line as present") == {}


def test_what_is_missing_leaves_no_trace() -> None:
    missing: list[Any] = [{}, {"victim": None}, {"victim": {"dob": None}}, {"victim": {}}]
    for data in missing:
        assert _seen("victim.dob as year", "location.postcode as outward-code", data=data) == {}


def test_the_type_of_what_is_sent_has_no_field_for_the_value() -> None:
    names = ["victim.dob as year", "victim.address.postcode as outward-code", "offences as present"]
    sent = type(View(MODEL, names).project(b"{}"))
    fields = {each.name: each.type for each in msgspec.structs.fields(sent)}
    assert set(fields) == {"victim", "offences_present"}
    assert fields["offences_present"] == bool | None
    victim = {each.name: each.type for each in msgspec.structs.fields(fields["victim"].__args__[0])}
    assert set(victim) == {"dob_year", "address"}
    assert victim["dob_year"] == str | None


SECRET = "Zq7-somewhere-secret"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("location.postcode as outward-code", {"location": {"postcode": SECRET}}),
        ("location.postcode as outward-code", {"location": {"postcode": ""}}),
        ("location.postcode as outward-code", {"location": {"postcode": f"{SECRET} 1AA"}}),
        ("victim.dob as year", {"victim": {"dob": SECRET}}),
        ("victim.dob as year", {"victim": {"dob": "1990"}}),
        ("victim.dob as month", {"victim": {"dob": "1990-13-01"}}),
        ("occurred_at as year", {"occurred_at": SECRET}),
        ("occurred_at as month", {"occurred_at": "2015-06-30"}),
        ("children[].dob as year", {"children": [{"dob": SECRET}]}),
        ("children[].voice as present", {"children": [{"voice": {"said": SECRET}}]}),
        ("offences as present", {"offences": [{"said": SECRET}]}),
    ],
)
def test_a_value_that_is_not_what_the_field_holds_is_refused_and_not_repeated(
    name: str, data: Any
) -> None:
    with pytest.raises(msgspec.ValidationError) as refused:
        _seen(name, data=data)
    assert SECRET not in str(refused.value)


def test_less_of_a_field_is_granted_and_the_field_itself_withheld() -> None:
    exchange = Exchange()
    postcode = {"field": "victim.address.postcode", "as": "outward-code"}
    year = {"field": "victim.dob", "as": "year"}
    exchange.add(_agreement(send=["grade", year], sealed=[postcode]))
    data = json.dumps({**DATA, "location": None}).encode()
    plan = exchange.book.plan(INCIDENT, "police", london_day(NOW))
    (grant,) = decide(plan, data, frozenset()).grants
    assert grant.view.fields == (
        "grade",
        "victim.address.postcode as outward-code",
        "victim.dob as year",
    )
    assert json.loads(msgspec.json.encode(grant.view.project(data))) == {
        "grade": "high",
        "victim": {"dob_year": "1990", "address": {"postcode_outward_code": "WR1"}},
    }
    withheld = grant.withheld.split(",")
    assert "victim.dob" in withheld
    assert "victim.address.postcode" not in withheld  # sealed: not even its name is told


def _agreement(**changes: Any) -> Agreement:
    return agreement_of(shares=[share_of(event=INCIDENT, **changes)])


def _faults(agreement: Agreement) -> list[str]:
    return [fault.message for fault in check_agreement(agreement, World(CATALOGUE))]


def test_an_agreement_names_it_in_send_or_when_sealed_under_sealed() -> None:
    postcode = {"field": "location.postcode", "as": "outward-code"}
    year = {"field": "victim.dob", "as": "year"}
    good = _agreement(send=["grade", year], sealed=[postcode])
    assert _faults(good) == []
    assert good.sent(good.shares[0]) == {
        "grade",
        "victim.dob as year",
        "location.postcode as outward-code",
    }
    assert "sealed" in "".join(_faults(_agreement(send=[postcode])))
    assert "not a sealed field" in "".join(_faults(_agreement(send=[], sealed=[year])))


@pytest.mark.parametrize("less", ["present", "year", "month"])
def test_never_send_forbids_every_coarsening_too(less: str) -> None:
    item = {"field": "victim.dob", "as": less}
    share = share_of(event=INCIDENT, send=["grade", item])
    agreement = agreement_of(shares=[share], never_send=["victim.dob"])
    assert agreement.sent(agreement.shares[0]) == {"grade"}
    assert any("never_send" in fault for fault in _faults(agreement))


@pytest.mark.parametrize("event_type", TYPES)
def test_a_view_sees_what_a_copy_by_hand_sees(event_type: str) -> None:
    model = CATALOGUE[event_type]
    every = [
        f"{leaf.path} as {less}"
        for leaf in leaves(model).values()
        for less in ways_to_coarsen(leaf)
    ]
    names = st.lists(st.sampled_from([*leaves(model), *every]), unique=True, max_size=12)

    @QUICK
    @given(events(types=[event_type]), names)
    def agree(event: dict[str, Any], fields: list[str]) -> None:
        view = View(model, fields)
        seen = json.loads(msgspec.json.encode(view.project(json.dumps(event["data"]).encode())))
        assert seen == project(event["data"], fields)

    agree()
