"""The JSON Schema of the agreement format, as an editor uses it: on the YAML that people write."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from concordat.agreements.checking.reading import read_agreement
from concordat.agreements.checking.yaml_text import parse_yaml
from concordat.runtime.settings import CONTRACTS

Spoil = Callable[[dict[str, Any]], object]

# Every form of the language that the committed agreements need not use.
EVERYTHING = """
schema: concordat/agreement/v1
id: everything
version: 1
service_line: domestic-abuse
title: Every form
purpose: Try the schema.
effective: {from: 2026-01-01, until: 2028-12-31}
review_by: 2027-12-31
dpia: {ref: DPIA-1, approved: 2025-11-30}
operator: council
parties:
  police: {acts_as: controller}
  care: {acts_as: joint-controller, keep_days: 30, onward: ask, direct: true}
  school: {acts_as: processor, keep_days: 30, onward: allowed}
groups: {schools: [school]}
laws:
  protect:
    gateway: ca2004-s11
    publisher_basis: [gdpr-6-1-e, gdpr-10-dpa2018-sch1-18]
    recipient_basis: [gdpr-6-1-e, gdpr-10-dpa2018-sch1-18]
field_sets: {victim: [victim.ref, victim.name]}
shares:
  - id: first
    from: [police]
    to: [care, "@schools", {group: schools, whose: gss, is: location.lsoa_code}]
    event: domestic-abuse.incident-recorded.v1
    when:
      - {field: grade, in: [high, medium]}
      - {field: child_count, at_least: 1}
      - {field: ticks, less_than: 9}
      - {field: offences, includes: stalking}
      - {field: consent, present: true}
      - {field: pregnant, is: false}
    send: [grade, "@victim", {field: victim.dob, as: year}]
    sealed: [safe_contact.method, {field: location.postcode, as: outward-code}]
    reveals: [consent]
    collect_within_hours: 4
    law: protect
    requires: [care]
    because: A test needs it.
  - id: signal
    from: [police]
    to: [care]
    event: domestic-abuse.incident-recorded.v1
    send: []
    law: protect
    because: A test needs it.
never_send: [narrative]
undertakings: {care: [Keep it safe.]}
"""


def _schema(name: str = "agreement") -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((CONTRACTS / f"{name}.schema.json").read_text("utf-8"))
    return loaded


def _accepts(data: Any, name: str = "agreement") -> bool:
    return Draft202012Validator(_schema(name)).is_valid(data)


def _files(folder: str) -> list[Path]:
    return sorted((CONTRACTS / folder).glob("*.yaml"))


def test_it_is_a_schema() -> None:
    for name in ("agreement", "agency", "controller", "notice"):
        Draft202012Validator.check_schema(_schema(name))


@pytest.mark.parametrize("file", _files("agreements"), ids=lambda file: file.stem)
def test_it_accepts_every_committed_agreement(file: Path) -> None:
    parsed = parse_yaml(file.read_text("utf-8"))
    assert parsed.faults == []
    assert list(Draft202012Validator(_schema()).iter_errors(parsed.data)) == []


@pytest.mark.parametrize("file", _files("agencies") + _files("controllers"), ids=lambda f: f.stem)
def test_it_accepts_every_committed_party_and_no_other_key(file: Path) -> None:
    kind = {"agencies": "agency", "controllers": "controller"}[file.parent.name]
    data = parse_yaml(file.read_text("utf-8")).data
    assert _accepts(data, kind)
    assert not _accepts({**data, "nickname": "x"}, kind)


def test_it_accepts_every_form_of_the_language() -> None:
    data = parse_yaml(EVERYTHING).data
    assert read_agreement(json.dumps(data), name="everything").faults == ()
    assert list(Draft202012Validator(_schema()).iter_errors(data)) == []


def _share(**changes: Any) -> Spoil:
    return lambda data: data["shares"][0].update(changes)


def _condition(**condition: Any) -> Spoil:
    return _share(when=[{"field": "grade", **condition}])


FAULTY: dict[str, Spoil] = {
    "an unknown key": lambda data: data.update(notes="x"),
    "no purpose": lambda data: data.pop("purpose"),
    "no law": lambda data: data["shares"][0].pop("law"),
    "no reason": lambda data: data["shares"][0].pop("because"),
    "another format": lambda data: data.update(schema="concordat/agreement/v2"),
    "a version of nought": lambda data: data.update(version=0),
    "a day that is an instant": lambda data: data.update(review_by="2027-12-31T00:00:00Z"),
    "one party": lambda data: data.update(parties={"police": {"acts_as": "controller"}}),
    "an agency with a space": lambda data: data["parties"].update(
        {"West Mercia": {"acts_as": "controller"}}
    ),
    "a law with a space": lambda data: data["laws"].update({"a b": data["laws"]["protect"]}),
    "copies kept for no day": lambda data: data["parties"]["care"].update(keep_days=0),
    "an onward of one's own": lambda data: data["parties"]["care"].update(onward="perhaps"),
    "a gateway that is not in the list": lambda data: data["laws"]["protect"].update(gateway="x"),
    "a basis that is not in the list": lambda data: data["laws"]["protect"].update(
        recipient_basis=["gdpr-6-1-z"]
    ),
    "a side without a basis": lambda data: data["laws"]["protect"].update(publisher_basis=[]),
    "no test": _condition(),
    "two tests": _condition(**{"is": "high", "present": True}),
    "an empty list": _condition(**{"in": []}),
    "present: false": _condition(present=False),
    "a test that is not in the language": _condition(is_not="high"),
    "a path with a space": _share(send=["victim name"]),
    "a set of sealed fields": _share(sealed=["@victim"]),
    "a coarsening that is not in the list": _share(send=[{"field": "grade", "as": "half"}]),
    "a recipient by an unknown identifier": _share(
        to=[{"group": "schools", "whose": "postcode", "is": "ref"}]
    ),
    "a recipient by half an identifier": _share(to=[{"group": "schools", "whose": "urn"}]),
    "nobody to send to": _share(to=[]),
    "an event type that is not published": _share(event="domestic-abuse.rumour.v1"),
    "an hour of nought": _share(collect_within_hours=0),
}


@pytest.mark.parametrize("name", FAULTY)
def test_it_refuses_what_the_reader_refuses(name: str) -> None:
    data = parse_yaml(EVERYTHING).data
    FAULTY[name](data)
    assert not _accepts(data)
    assert read_agreement(json.dumps(data), name="faulty").document is None


def test_each_code_of_the_law_is_explained_where_it_is_typed() -> None:
    law = _schema()["$defs"]["Law"]["properties"]
    for listed in (
        law["gateway"],
        law["publisher_basis"]["items"],
        law["recipient_basis"]["items"],
    ):
        assert all(
            re.search(r"Act|GDPR|DPA|Common law", each["description"]) for each in listed["oneOf"]
        )
