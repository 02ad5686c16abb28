"""Every way an agreement can be wrong, each with its line and one plain sentence."""

from pathlib import Path

import pytest

from concordat.agreements.checking.reading import read_agreement
from concordat.agreements.parties import Agency

TEXT = Path(__file__).with_name("sample.yaml").read_text()


def _faults(text: str) -> list[tuple[int, str]]:
    reading = read_agreement(text, name="a.yaml")
    assert (reading.document is None) == bool(reading.faults)
    return [(fault.line, fault.message) for fault in reading.faults]


def _changed(old: str, new: str) -> str:
    assert TEXT.count(old) >= 1, old
    return TEXT.replace(old, new, 1)


# Each: what to replace in the text, by what, the line of the fault, words of its sentence.
AMBIGUOUS: dict[str, tuple[str, str, int, str]] = {
    "no": ("title: Domestic abuse incidents", "title: no", 5, "disagree on 'no'"),
    "on": ("title: Domestic abuse incidents", "title: on", 5, "disagree on 'on'"),
    "Yes": ("ref: DPIA-1", "ref: Yes", 9, "disagree on 'Yes'"),
    "True": ("present: true", "present: True", 39, "disagree on 'True'"),
    "octal": ("version: 3", "version: 010", 3, "disagree on '010'"),
    "hexadecimal": ("version: 3", "version: 0x3", 3, "disagree on '0x3'"),
    "binary": ("version: 3", "version: 0b11", 3, "disagree on '0b11'"),
    "sexagesimal": ("keep_days: 2190", "keep_days: 36:30", 13, "disagree on '36:30'"),
    "underscores": ("keep_days: 2190", "keep_days: 2_190", 13, "disagree on '2_190'"),
    "plus": ("version: 3", "version: +3", 3, "disagree on '+3'"),
    "infinity": ("at_least: 1}", "at_least: .inf}", 29, "disagree on '.inf'"),
    "a bare point": ("at_least: 1}", "at_least: 1.}", 29, "disagree on '1.'"),
    "a binary tag": ("ref: DPIA-1", "ref: !!binary aGk=", 9, "disagree on 'aGk='"),
    "an integer tag on text": ("version: 3", "version: !!int '3'", 3, "has a tag"),
}
ONE_FAULT: dict[str, tuple[str, str, int, str]] = {
    # Structure.
    "a key twice": ("version: 3", "version: 3\nversion: 4", 4, "'version' stands twice"),
    "a party twice": (
        "  womens-aid: {acts_as: controller",
        "  police: {acts_as: controller}\n  womens-aid: {acts_as: controller",
        14,
        "'police' stands twice",
    ),
    "a merge key": ("ref: DPIA-1", "<<: {ref: a}, ref: DPIA-1", 9, "not a plain key"),
    "a list as a key": ("ref: DPIA-1", "[a]: b, ref: DPIA-1", 9, "not a plain key"),
    # Unknown keys, at every level.
    "unknown at the top": ("version: 3", "version: 3\ncolour: red", 4, "'colour' is unknown"),
    "unknown in effective": ("{from: 2026-01-01,", "{x: 1, from: 2026-01-01,", 7, "'x' is unknown"),
    "unknown in dpia": ("{ref: DPIA-1", "{x: 1, ref: DPIA-1", 9, "'x' is unknown"),
    "unknown in a party": ("onward: ask", "onward: ask, x: 1", 13, "'x' is unknown"),
    "unknown in a law": (
        "gateway: ca2004-s11",
        "gateway: ca2004-s11\n    x: 1",
        19,
        "'x' is unknown",
    ),
    "unknown in a share": ("  - id: idva", "  - id: idva\n    x: 1", 34, "'x' is unknown"),
    "unknown in a condition": ("{field: grade,", "{x: 1, field: grade,", 38, "'x' is unknown"),
    "a condition not in the list": ("is: high", "is_not: high", 38, "'is_not' is unknown"),
    # Values.
    "no version": ("version: 3\n", "", 1, "'version' is missing"),
    "version 0": ("version: 3", "version: 0", 3, "version: "),
    "version as text": ("version: 3", 'version: "3"', 3, "version: "),
    "another schema": ("agreement/v1", "agreement/v2", 1, "schema: "),
    "a capital in the id": ("id: test-agreement", "id: Test", 2, "id: "),
    "keep for ever": ("keep_days: 2190", "keep_days: 36501", 13, "keep_days: "),
    "keep for no time": ("keep_days: 2190", "keep_days: 0", 13, "keep_days: "),
    "another onward": ("onward: ask", "onward: maybe", 13, "onward: "),
    "no basis": (
        "recipient_basis: [gdpr-6-1-e, gdpr-10-dpa2018-sch1-18]",
        "recipient_basis: []",
        20,
        "recipient_basis: ",
    ),
    "one party": (
        "  social-care: {acts_as: controller, keep_days: 2190, onward: ask}\n"
        "  womens-aid: {acts_as: controller, keep_days: 90}\n",
        "",
        11,
        "parties: ",
    ),
    "two tests in one condition": ("is: high", "is: high, present: true", 38, "exactly one of"),
    "no test in a condition": (", is: high", "", 38, "exactly one of"),
    "absence asked for": ("present: true", "present: false", 39, "present: "),
    # Dates.
    "no such day": ("from: 2026-01-01", "from: 2026-02-30", 7, "effective.from: "),
    "a moment for a day": ("review_by: 2027-12-31", "review_by: 2027-12-31T00:00:00", 8, "review"),
    "ends before it starts": ("from: 2026-01-01", "from: 2029-01-01", 7, "ends before it starts"),
    "review after the end": ("review_by: 2027-12-31", "review_by: 2029-01-01", 8, "after the agr"),
    "DPIA after the start": (
        "approved: 2025-11-30",
        "approved: 2026-01-02",
        9,
        "DPIA was approved",
    ),
    # What must hold between its parts.
    "an unknown publisher": ("    from: [police]", "    from: [army]", 25, "'army' is not a party"),
    "an unknown recipient": ("to: [social-care]", "to: [army]", 26, "'army' is not a party"),
    "an unknown group": ('"@idva-services"', '"@army"', 35, "the group 'army' is not defined"),
    "a stranger in a group": ("[womens-aid]}", "[army]}", 15, "'army' is not a party"),
    "a stranger's undertaking": ("  womens-aid: [Contact", "  army: [Contact", 47, "not a party"),
    "an unknown law": ("    law: protect", "    law: attack", 31, "law 'attack' is not defined"),
    "an unknown set": ("@victim-id", "@nobody", 30, "field set 'nobody' is not defined"),
    "a share twice": ("  - id: idva", "  - id: children", 33, "'children' stands twice"),
    "an unknown event": (
        "    event: domestic-abuse.incident-recorded.v1",
        "    event: domestic-abuse.incident-recorded.v2",
        27,
        "not a published event type",
    ),
    "an unknown field": ("[grade, occurred_at", "[grad, occurred_at", 30, "'grad' is not a field"),
    "an object": ("[grade, occurred_at", "[victim, occurred_at", 30, "not a single field"),
    "a list of objects": ('"children[].name"', "children", 30, "not a single field"),
    "an element of a list": ('"children[].name"', '"children[]"', 30, "not a single field"),
    "a list as an object": ('"children[].name"', "children.name", 30, "not a field"),
    "an object in a set": ("[victim.ref, victim.name]", "[victim]", 30, "not a single field"),
    "an unknown field in a set": ("[victim.ref, victim.name]", "[victim.x]", 30, "not a field"),
    "sealed in send": ("    send: [grade]", "    send: [safe_contact.method]", 40, "is sealed"),
    "sealed by a set": ("[victim.ref, victim.name]", "[location.uprn]", 30, "is sealed"),
    "unsealed in sealed": ("sealed: [safe_contact.window]", "sealed: [grade]", 41, "not a sealed"),
    "unknown in sealed": ("sealed: [safe_contact.window]", "sealed: [x]", 41, "not a field"),
    "never_send of what is sent": ("[narrative]", "[occurred_at]", 30, "under never_send"),
    "never_send of a set": ("[narrative]", "[victim.name]", 30, "'victim.name' is sent here"),
    "never_send of an object": ("[narrative]", "[victim.address]", 45, "not a field of any event"),
    "never_send of a slip of the pen": (
        "[narrative]",
        "[narrativ]",
        45,
        "not a field of any event",
    ),
    "never_send of a field of others": (
        "[narrative]",
        "[category]",
        45,
        "not a field of any event",
    ),
    "reveals nothing": (
        "reveals: [safe_contact.window]",
        "reveals: [ticks]",
        42,
        "reveals nothing",
    ),
    # Conditions that can never be decided.
    "a value it never has": ("is: high", "is: severe", 38, "not one of the values"),
    "a number for a code": ("is: high", "is: 5", 38, "not a value of 'grade', which holds code"),
    "a text for a number": ("at_least: 1}", "is: one}", 29, "which holds integer"),
    "a boolean for a number": ("at_least: 1}", "is: true}", 29, "which holds integer"),
    "a part of a whole number": ("at_least: 1}", "at_least: 1.5}", 29, "which holds integer"),
    "an order of codes": ("is: high", "at_least: 2", 38, "is not a number"),
    "one wrong value of several": ("is: high", "in: [high, low]", 38, "'low' is not one of"),
    "includes of no list": ("is: high", "includes: high", 38, "is not a list"),
    "equality of a list": ("field: grade, is: high", "field: offences, is: x", 38, "is a list"),
    "inside a list": (
        "field: grade, is: high",
        'field: "children[].present", present: true',
        38,
        "inside a list",
    ),
    "a condition on nothing": ("field: grade, is: high", "field: x, is: high", 38, "not a field"),
    "a condition on an object": ("field: grade, is: high", "field: victim, is: high", 38, "single"),
}


@pytest.mark.parametrize("case", AMBIGUOUS)
def test_what_yaml_readers_disagree_on_is_a_fault_where_it_stands(case: str) -> None:
    old, new, line, phrase = AMBIGUOUS[case]
    faults = _faults(_changed(old, new))
    assert {found for found, _ in faults} == {line}
    assert phrase in faults[0][1]


@pytest.mark.parametrize("case", ONE_FAULT)
def test_each_fault_is_told_with_its_line_in_one_sentence(case: str) -> None:
    old, new, line, phrase = ONE_FAULT[case]
    ((found, message),) = _faults(_changed(old, new))
    assert (found, phrase in message) == (line, True), (found, message)
    assert "\n" not in message


LATER: dict[str, tuple[str, str, int, str]] = {
    "no retention": ("keep_days: 90", "onward: none", 14, "no keep_days says how long"),
    "an unknown gateway": ("gateway: ca2004-s11", "gateway: magic", 18, "not a known gateway"),
    "an unknown basis": (
        "recipient_basis: [gdpr-6-1-e,",
        "recipient_basis: [gdpr-6-1-z, gdpr-6-1-e,",
        20,
        "'gdpr-6-1-z' is not a known lawful basis",
    ),
    "conditions that exclude each other": (
        "{field: grade, is: high}",
        "{field: grade, is: high}\n      - {field: grade, is: standard}",
        37,
        "no event can meet all of these conditions",
    ),
    "a coarsening that does not apply": (
        "send: [grade]",
        "send: [{field: grade, as: year}]",
        40,
        "neither a day nor an instant",
    ),
    "a list coarsened": (
        "send: [grade]",
        "send: [{field: offences, as: outward-code}]",
        40,
        "is a list; only 'present' says less",
    ),
    "a coarsening of a sealed field in send": (
        "send: [grade]",
        "send: [{field: location.postcode, as: outward-code}]",
        40,
        "'location.postcode' is sealed",
    ),
    "never_send of what is coarsened": (
        "[narrative]",
        "[narrative, occurred_at]",
        30,
        "'occurred_at' is sent here and stands under never_send",
    ),
    "an unknown coarsening": (
        "send: [grade]",
        "send: [{field: grade, as: half}]",
        40,
        "shares.1.send.0",
    ),
    "a third party that is none": (
        "law: protect\n    because: Contact",
        "law: protect\n    requires: [army]\n    because: Contact",
        44,
        "'army' is not a party",
    ),
    "a group that nobody defined, by identifier": (
        'to: ["@idva-services"]',
        "to: [{group: schools, whose: urn, is: ref}]",
        35,
        "the group 'schools' is not defined",
    ),
    "an identifier nobody is registered by": (
        'to: ["@idva-services"]',
        "to: [{group: idva-services, whose: shoe-size, is: ref}]",
        35,
        "shares.1.to.0",
    ),
    "a recipient picked by a list": (
        'to: ["@idva-services"]',
        'to: [{group: idva-services, whose: urn, is: "children[].school_urn"}]',
        35,
        "is not one text, so it can pick nobody",
    ),
    "an unknown field of an unused set": (
        "  victim-id: [victim.ref, victim.name]",
        "  victim-id: [victim.ref, victim.name]\n  idle: [victim.shoe_size]",
        23,
        "'victim.shoe_size' is not a field",
    ),
}


@pytest.mark.parametrize("case", LATER)
def test_what_later_rules_ask_for_is_told_with_its_line(case: str) -> None:
    old, new, line, phrase = LATER[case]
    found = _faults(_changed(old, new))
    assert [(at, phrase in message) for at, message in found] == [(line, True)], found


@pytest.mark.parametrize("side", ["publisher", "recipient"])
def test_a_sensitive_field_without_an_accepted_basis_on_either_side_is_a_fault(side: str) -> None:
    text = _changed(
        f"{side}_basis: [gdpr-6-1-e, gdpr-10-dpa2018-sch1-18]", f"{side}_basis: [gdpr-6-1-e]"
    )
    found = _faults(text)
    assert [line for line, _ in found] == [31, 43, 43]
    assert f"the {side}'s basis under 'protect' does not cover special-category" in found[0][1]
    assert found[0][1].endswith(": child_count, grade")
    assert found[2][1].endswith("found or reached: safe_contact.window")


def test_what_is_never_sent_is_neither_sealed_nor_asked_for() -> None:
    found = _faults(_changed("[narrative]", "[safe_contact.window]"))
    assert [line for line, _ in found] == [39, 41]
    assert "under never_send, and this would tell of it" in found[0][1]
    assert "is sent here and stands under never_send" in found[1][1]


def test_of_a_sealed_field_only_its_presence_is_asked_unless_it_is_sent() -> None:
    found = _faults(_changed("{field: grade, is: high}", "{field: location.postcode, is: WR1 1AA}"))
    assert [(line, message) for line, message in found] == [
        (38, "'location.postcode' is sealed; only 'present' may be asked of it")
    ]
    of_a_code = _changed("{field: grade, is: high}", "{field: victim.address.kind, is: new}")
    assert _faults(of_a_code) == []
    sent = of_a_code.replace("sealed: [", "sealed: [location.postcode, ").replace(
        "{field: victim.address.kind, is: new}", "{field: location.postcode, is: WR1 1AA}"
    )
    assert _faults(sent) == []


def test_a_publisher_named_twice_and_members_that_one_event_would_pick_together() -> None:
    assert [
        message for _, message in _faults(_changed("from: [police]", "from: [police, police]"))
    ] == ["'police' stands twice"]
    agencies = {
        name: Agency.model_validate(
            {
                "schema": "concordat/agency/v1",
                "id": name,
                "name": name,
                "controller": "council",
                "identifiers": {"urn": "999001"},
            }
        )
        for name in ("police", "social-care", "womens-aid")
    }
    text = _changed("[womens-aid]}", "[womens-aid, social-care]}").replace(
        'to: ["@idva-services"]', "to: [{group: idva-services, whose: urn, is: ref}]"
    )
    reading = read_agreement(text, name="a.yaml", agencies=agencies)
    assert [fault.message for fault in reading.faults] == [
        "'social-care' and 'womens-aid' have the same urn"
    ]


def test_a_misspelt_key_of_an_item_is_a_fault_and_no_crash() -> None:
    found = _faults(_changed("send: [grade]", "send: [grade, {feild: ref, as: present}]"))
    assert {line for line, _ in found} == {40}


@pytest.mark.parametrize("end", ["\x85", "\u2028", "\u2029", "\r"])
def test_a_line_ends_only_where_editors_show_it(end: str) -> None:
    found = _faults(_changed("title: Domestic", f"# nothing here{end}x: 1\ntitle: Domestic"))
    assert "ends a line where editors show no end" in found[0][1]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("keep_days: 2190", "keep_days: !!null 2190"),
        ("groups: {", "groups: {? !!null x : [police], "),
    ],
)
def test_no_tag_turns_a_word_into_nothing(old: str, new: str) -> None:
    assert _faults(_changed(old, new)) != []


def test_a_member_of_a_group_without_the_identifier_is_a_fault() -> None:
    agencies = {
        name: Agency.model_validate(
            {
                "schema": "concordat/agency/v1",
                "id": name,
                "name": name,
                "controller": "council",
                "identifiers": {"ods": "R1A"},
            }
        )
        for name in ("police", "social-care", "womens-aid")
    }
    by_urn = "to: [{group: idva-services, whose: urn, is: ref}]"
    reading = read_agreement(
        _changed('to: ["@idva-services"]', by_urn), name="a.yaml", agencies=agencies
    )
    assert [fault.line for fault in reading.faults] == [35]
    assert "'womens-aid' has no registered urn" in reading.faults[0].message
    by_ods = by_urn.replace("urn", "ods")
    assert not read_agreement(
        _changed('to: ["@idva-services"]', by_ods), name="a.yaml", agencies=agencies
    ).faults


def test_faults_of_form_hide_none_of_the_others() -> None:
    text = TEXT
    for old, new in (
        ("purpose: Protect adults and children.\n", "colour: red\n"),  # missing, and unknown
        ("keep_days: 2190", "keep_days: long"),  # of the wrong type
        ("{field: child_count, at_least: 1}", "{field: child_count, at_most: 1}"),
        ("[grade, occurred_at", "[grad, occurred_at"),  # an unknown field in the same share
        ("review_by: 2027-12-31", "review_by: 2029-12-31"),  # after the end
        ('from: [police]\n    to: ["@idva', 'from: [army]\n    to: ["@idva'),
        ("law: protect\n    because: Contact", "law: attack\n    because: Contact"),
        ("reveals: [safe_contact.window]", "reveals: [ticks]"),
    ):
        assert old in text, old
        text = text.replace(old, new, 1)
    found = {(line, message.split(":")[0][:44]) for line, message in _faults(text)}
    lines = sorted(line for line, _ in found)
    assert lines == [1, 6, 8, 13, 29, 30, 34, 42, 43], sorted(found)
