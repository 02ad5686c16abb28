"""Attacks that were repelled, and are kept so that they stay repelled."""

import json
from random import Random
from typing import Annotated, Any

import msgspec
import pytest
from pydantic import ValidationError, create_model

from builders import RECORDED, Exchange, agreement_of, crime, key_of, public, share_of
from concordat.agreements.checking.reading import read_agreement
from concordat.agreements.document import Agreement
from concordat.agreements.register import Register
from concordat.agreements.signature import sign
from concordat.agreements.view import View, reader
from concordat_events.catalogue import CATALOGUE
from concordat_events.fields import Data, Day, N
from unit.agreements.attack_material import (
    CRIME,
    INCIDENT,
    SCHOOL,
    delivered,
    encompass,
    faults_of,
    incident_share,
    incidents,
    mutated,
    schools,
)

COARSENINGS = ("year", "month", "outward-code", "present")
INCIDENTS = CATALOGUE[INCIDENT]


def written(agreement: Agreement) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(agreement.canonical())
    return content


@pytest.mark.parametrize(
    "name", ["\u0440olice", "p\u043elice", "\uff50olice", "police\n", "police ", "p\u200bolice"]
)
@pytest.mark.parametrize("key", ["from", "to", "requires"])
def test_a_name_that_looks_alike_is_no_name(key: str, name: str) -> None:
    with pytest.raises(ValidationError):
        agreement_of(shares=[share_of(**{key: [name]})])


@pytest.mark.parametrize(
    "item",
    [
        "victim.dob as year",
        {"field": "victim.dob as year", "as": "month"},
        {"field": "victim.dob", "as": "year as present"},
        {"field": "victim.dob", "as": None},
        {"field": "@everything", "as": "present"},
        "victim.dob\n",
        "victim\uff0edob",
    ],
)
@pytest.mark.parametrize("key", ["send", "sealed", "never_send"])
def test_a_name_of_records_is_no_field_of_the_language(key: str, item: Any) -> None:
    changes = (
        {key: [item]} if key == "never_send" else {"shares": [incident_share(**{key: [item]})]}
    )
    with pytest.raises(ValidationError):
        agreement_of(**changes)


@pytest.mark.parametrize("coarsening", COARSENINGS)
def test_a_sealed_field_leaves_under_send_in_no_coarsening(coarsening: str) -> None:
    item = {"field": "location.postcode", "as": coarsening}
    assert any("is sealed" in fault for fault in faults_of(incidents(send=[item])))


@pytest.mark.parametrize("item", [{"field": "victim.dob", "as": "year"}, "victim.dob", "@birth"])
def test_never_send_wins_even_where_nobody_checked(item: Any) -> None:
    agreement = agreement_of(
        shares=[incident_share(send=["ref", item])],
        field_sets={"birth": ["victim.dob"]},
        never_send=["victim.dob"],
    )
    assert faults_of(agreement)
    assert agreement.sent(agreement.shares[0]) == {"ref"}


@pytest.mark.parametrize("value", ["WR11AA", "wr1 1aa", "WR1 1AA\n", "12 Elm Road", "", " "])
def test_of_what_is_no_postcode_no_part_leaves(value: str) -> None:
    view = View(INCIDENTS, ["location.postcode as outward-code"])
    with pytest.raises(msgspec.ValidationError) as refused:
        view.project(msgspec.json.encode({"location": {"postcode": value}}))
    assert str(refused.value) == "a field cannot be coarsened"


def test_what_is_coarsened_away_leaves_no_trace() -> None:
    names = ["children[].dob as year", "safe_contact.window as present", "offences as present"]
    view = View(INCIDENTS, names)
    children = [{"ref": "child-001"}, {"dob": None}, {"dob": "2015-06-30"}, {}]
    data = {"children": children, "safe_contact": {"method": "call"}, "victim": {"ref": "v"}}
    assert msgspec.json.encode(view.project(msgspec.json.encode(data))) == (
        b'{"children":[{"dob_year":"2015"}]}'
    )
    del children[2]
    assert msgspec.json.encode(view.project(msgspec.json.encode(data))) == b"{}"


@pytest.mark.parametrize("name", ["class", "self", "cls", "tag", "rename", "None", "match", "x__y"])
def test_a_field_may_be_called_like_anything_in_python(name: str) -> None:
    inner = create_model("Inner", __base__=Data, **{name: (Annotated[Day | None, N], None)})  # type: ignore[call-overload]
    model = create_model("Model", __base__=Data, o=(inner | None, None))
    data = msgspec.json.encode({"o": {name: "2015-06-30"}})
    sent = View(model, [f"o.{name}", f"o.{name} as year"]).project(data)
    assert msgspec.to_builtins(sent) == {"o": {name: "2015-06-30", f"{name}_year": "2015"}}
    read, getters = reader(model, [f"o.{name}"])
    assert getters[f"o.{name}"](read(data)) == "2015-06-30"


@pytest.mark.parametrize(
    "urn", ["116790 ", " 116790", "0116790", "\uff11\uff11\uff16\uff17\uff19\uff10", "116790\0", ""]
)
def test_an_identifier_is_met_letter_by_letter(urn: str) -> None:
    exchange = Exchange()
    schools(exchange, ash="116789", elm="116790")
    exchange.add(encompass())
    assert delivered(exchange, SCHOOL, {"school_urn": "116790", "ref": "r"}) == {
        "elm": {"ref": "r"}
    }
    assert not delivered(exchange, SCHOOL, {"school_urn": urn, "ref": "r"})


def test_nobody_turns_a_schools_alert_to_another() -> None:
    exchange = Exchange()
    schools(exchange, ash="116789", elm="116790")
    exchange.add(encompass())
    schools(exchange, thief="116790", ash="116790", elm="116791")  # later records of the register
    assert delivered(exchange, SCHOOL, {"school_urn": "116790", "ref": "r"}) == {
        "elm": {"ref": "r"}
    }
    assert not delivered(exchange, SCHOOL, {"school_urn": "116791", "ref": "r"})


def test_a_kid_that_two_controllers_use_makes_neither_the_other() -> None:
    exchange = Exchange()
    council = exchange.keeper.register.controllers["council"]
    twin = key_of("police-authority")  # its kid is the police's own
    keys = [*council.keys, public(twin)]
    revision = council.model_copy(update={"keys": keys}).model_dump_json()
    exchange.write("controller/council/2", revision)
    agreement = agreement_of()
    exchange.add(agreement, signed_by=["council"])
    value = msgspec.json.encode({"signature": sign(agreement.canonical(), twin)})
    exchange.write("signature/test-agreement/1/police-authority", value)
    assert not delivered(exchange, CRIME, crime()["data"])
    exchange.sign(agreement, "police-authority")
    assert delivered(exchange, CRIME, crime()["data"])


@pytest.mark.parametrize(
    "change",
    [
        {"send": [{"field": "occurred_at", "as": "year"}]},
        {"send": [{"field": "occurred_at", "as": "month"}]},
        {"send": []},
        {"to": [{"group": "all", "whose": "urn", "is": "ref"}]},
        {"to": [{"group": "all", "whose": "ods", "is": "ref"}]},
        {"requires": ["womens-aid"]},
        {"collect_within_hours": 1},
        {"when": [{"field": "pregnant", "is": False}]},
        {"when": [{"field": "ticks", "at_least": 0}]},
        {"when": [{"field": "ticks", "less_than": 0}]},
        {"when": [{"field": "relationship", "is": ""}]},
        {"when": [{"field": "pregnant", "present": True}]},
        {"reveals": ["pregnant"]},
    ],
)
def test_nothing_that_means_something_is_left_out_of_what_is_signed(change: dict[str, Any]) -> None:
    agreement = incidents(**change)
    read_again = Agreement.model_validate_json(agreement.canonical())
    assert (read_again, read_again.digest()) == (agreement, agreement.digest())
    assert agreement.digest() != incidents().digest()


@pytest.mark.parametrize(
    "item",
    [
        "{field: victim.dob, field: narrative, as: year}",
        "{field: victim.dob, as: year, as: month}",
        "{<<: {field: narrative}, as: present}",
        "{field: victim.dob, as: null}",
        "{field: victim.dob, as: Year}",
        "{field: victim.dob, as: [year]}",
        "[victim.dob]",
        "null",
        "1",
        "true",
    ],
)
def test_an_item_that_could_be_read_in_two_ways_is_a_fault(item: str) -> None:
    text = json.dumps(written(incidents()))
    assert read_agreement(text, name="f").document is not None
    assert read_agreement(text.replace('"ref"', item), name="f").document is None


@pytest.mark.parametrize("depth", [100, 199, 250, 480, 600, 100_000])
@pytest.mark.parametrize(("start", "end"), [("[", "]"), ('{"a":', "}"), ('[{"field":', "}]")])
def test_depth_is_a_fault_and_no_end(depth: int, start: str, end: str) -> None:
    deep = start * depth + "1" + end * depth
    text = json.dumps(written(incidents())).replace('["ref"]', deep)
    register = Register()
    assert not register.apply(
        "agreement/test-agreement/1", text.encode(), offset=0, recorded_at=RECORDED
    )
    notice = b'{"signature":"x","notice":' + deep.encode() + b"}"
    assert not register.apply("notice/a/b", notice, offset=1, recorded_at=RECORDED)
    if depth <= 600:  # beyond it the reader of YAML says the same, and takes long to say it
        assert read_agreement(text, name="f").faults


def test_a_mutilated_agreement_is_refused_or_shares_what_it_names() -> None:
    """Whatever the register takes can be decided and projected; the rest is refused, not raised."""
    draw = Random(4)
    shares = [
        incident_share(
            send=["ref", {"field": "victim.dob", "as": "year"}], requires=["womens-aid"]
        ),
        incident_share(id="b", to=["@all"], when=[{"field": "grade", "is": "high"}], send=["@set"]),
    ]
    sets = {"groups": {"all": ["womens-aid"]}, "field_sets": {"set": ["grade", "children[].ref"]}}
    document = written(agreement_of(shares=shares, **sets))
    data = {"ref": "ref-00001", "grade": "high", "narrative": "x", "children": [{"ref": "c"}]}
    taken = 0
    for _ in range(400):
        exchange = Exchange()
        changed = document | mutated({"shares": document["shares"]}, draw)
        exchange.write("agreement/test-agreement/1", json.dumps(changed))
        for agreement in exchange.keeper.register.agreements.get("test-agreement", {}).values():
            taken += 1
            named = {name for share in agreement.shares for name in agreement.sent(share)}
            for controller in exchange.keys:
                exchange.sign(agreement, controller)
            for got in delivered(exchange, INCIDENT, data).values():
                assert {*got} <= {name.split(".")[0].removesuffix("[]") for name in named}
    assert taken > 30
