"""Operation Encompass: the child's own school, before the next school day, and nobody else."""

import pytest

from concordat.agreements.book import Book
from concordat.agreements.reason import Reason
from contract.agreement_rules import recipients_of
from contract.demonstration import changed, data_of, decide, delivery_to, example, reasons, received
from contract.folder import agreement, contracts

NOTIFIED = "domestic-abuse.school-notified.v1"
AGREEMENT = "worcestershire-operation-encompass"
URNS = {
    "cobblefern-primary": "999001",
    "lampwick-academy": "999002",
    "mothwing-academy": "999003",  # of the same trust as lampwick-academy
}


@pytest.mark.parametrize("school", URNS)
def test_the_school_with_the_childs_number_is_told_and_no_other(book: Book, school: str) -> None:
    notified = changed(example(NOTIFIED, "valid-every-field"), "school_urn", URNS[school])
    routed = decide(notified, book)
    assert received(routed) == {(school, "tell-school", "childs-own-school")}
    assert reasons(routed) == {other: Reason.NOT_ADDRESSED for other in URNS if other != school}


def test_no_school_is_told_of_a_pupil_of_a_school_outside_the_exchange(book: Book) -> None:
    routed = decide(example(NOTIFIED, "valid-a-school-outside-the-exchange"), book)
    assert received(routed) == set()
    assert reasons(routed) == dict.fromkeys(URNS, Reason.NOT_ADDRESSED)


def test_nobody_but_schools_can_be_told(book: Book) -> None:
    assert recipients_of(contracts().agreements, NOTIFIED) == set(URNS)


def test_a_school_reads_the_childs_voice_and_whom_to_call(book: Book) -> None:
    told = data_of(
        delivery_to("cobblefern-primary", decide(example(NOTIFIED, "valid-every-field"), book))
    )
    assert told["child"]["name"] == "Posy Fernwhistle"
    assert told["child"]["voice"] == "Said that she hid under the table."
    assert told["officer"]["telephone"] == "01632 960401"
    assert told.keys().isdisjoint({"school_urn", "victim", "alleged_perpetrator"})


def test_a_school_has_twelve_hours_and_undertakes_to_read_it_before_the_school_day() -> None:
    found = agreement(AGREEMENT)
    assert [share.collect_within_hours for share in found.shares] == [12]
    for school in URNS:
        said = " ".join(found.undertakings[school])
        assert "before the start of the next school day" in said
        assert "Tell nobody at home" in said
        assert found.parties[school].onward == "none"


def test_the_schools_are_registered_with_these_numbers() -> None:
    identifiers = {school: contracts().agencies[school].identifiers for school in URNS}
    assert {school: found and found.urn for school, found in identifiers.items()} == URNS
