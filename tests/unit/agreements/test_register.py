"""The register: the first record of a key wins, and only what verifies is admitted."""

import json
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest

from builders import RECORDED, Exchange, agreement_of, share_of
from concordat.agreements.reason import Reason
from concordat.agreements.records import Admitted
from concordat.agreements.register import Register
from concordat.agreements.standing import why_not
from signed_notices import refusals, why_unread

FIRST = agreement_of()
SECOND = agreement_of(version=2)
OTHER = agreement_of(id="other-agreement")
DAY = date(2026, 11, 22)


def test_what_its_rightful_signers_wrote_stands() -> None:
    exchange = Exchange()
    exchange.add(FIRST)
    assert refusals(exchange) == []
    assert why_unread(exchange) is None
    assert exchange.book.register_offset == exchange.keeper.register.next_offset == 11


def test_an_empty_register_shares_nothing() -> None:
    register = Register()
    assert (register.agencies, register.agreements, register.next_offset) == ({}, {}, 0)


def test_a_record_read_twice_has_no_second_effect() -> None:
    exchange = Exchange()
    exchange.add(FIRST)
    register = exchange.keeper.register
    for offset, (key, value) in enumerate(exchange.log):
        assert register.apply(key, value, offset=offset, recorded_at=RECORDED) is False
    assert register.refused == []
    assert register.next_offset == len(exchange.log)
    assert why_unread(exchange) is None


def test_reading_the_log_again_gives_the_same_register() -> None:
    exchange = Exchange()
    exchange.add(FIRST)
    exchange.notify(FIRST, "charity", "suspend")
    again = Register()
    for offset, (key, value) in enumerate(exchange.log):
        again.apply(key, value, offset=offset, recorded_at=RECORDED)
    assert again == exchange.keeper.register


def test_a_gap_in_the_offsets_is_no_harm() -> None:
    register = Register()
    register.apply("x", b"", offset=7, recorded_at=RECORDED)
    assert register.next_offset == 8


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        (None, "unknown"),
        ("", "unknown"),
        ("colour/red", "unknown"),
        ("agreement", "unknown"),
        ("agreement/a", "unknown"),
        ("agreement/a/1/x", "unknown"),
        ("signature/test-agreement/1", "unknown"),
        ("notice/a", "unknown"),
        ("Jane O'Neill/x", "unknown"),
        ("agreement/test-agreement/one", "agreement"),
        ("agreement/test-agreement/1234567", "agreement"),
        ("agreement/test-agreement/\u0661", "agreement"),
        ("signature/test-agreement/-1/council", "signature"),
    ],
)
def test_an_unknown_key_is_refused_without_being_repeated(key: str | None, kind: str) -> None:
    exchange = Exchange()
    exchange.add(FIRST)
    register = exchange.keeper.register
    changed = register.apply(key, b"{}", offset=register.next_offset, recorded_at=RECORDED)
    assert changed is False
    ((found, why),) = refusals(exchange)
    assert found == kind
    assert "Jane" not in why
    assert why_unread(exchange) is None


@pytest.mark.parametrize(
    "key",
    ["controller/council", "agency/police", "agreement/test-agreement/1", "signature/a/1/council"],
)
def test_a_tombstone_takes_nothing_away(key: str) -> None:
    exchange = Exchange()
    exchange.add(FIRST)
    exchange.write(key, None)
    assert len(refusals(exchange)) == 1
    assert why_unread(exchange) is None


def test_the_first_controller_of_an_id_wins() -> None:
    exchange = Exchange()
    before = exchange.keeper.register.controllers["council"]
    thief = before.model_copy(update={"name": "Thief", "keys": []})
    exchange.write("controller/council", thief.model_dump_json(by_alias=True))
    assert exchange.keeper.register.controllers["council"] == before
    assert [kind for kind, _ in refusals(exchange)] == ["controller"]


def test_the_first_agency_of_an_id_wins() -> None:
    exchange = Exchange()
    moved = exchange.book.agencies["police"].model_copy(update={"controller": "charity"})
    exchange.write("agency/police", moved.model_dump_json(by_alias=True))
    assert exchange.book.agencies["police"].controller == "police-authority"
    assert [kind for kind, _ in refusals(exchange)] == ["agency"]


def _agency(**changes: str) -> str:
    content = {"schema": "concordat/agency/v1", "id": "army", "name": "A", "controller": "council"}
    return json.dumps(content | changes)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("agency/army", _agency(controller="nobody")),
        ("agency/army", _agency(id="navy")),
        ("agency/army", _agency(email="a@b")),
        ("agency/army", "{}"),
        ("agency/army", "\x00"),
        ("controller/army", _agency()),
    ],
)
def test_a_party_that_is_not_well_formed_or_known_isrefusals(key: str, value: str) -> None:
    exchange = Exchange()
    exchange.write(key, value)
    assert "army" not in exchange.book.agencies
    assert len(refusals(exchange)) == 1


def test_a_version_cannot_be_rewritten() -> None:
    exchange = Exchange()
    exchange.add(FIRST)
    wider = agreement_of(shares=[share_of(send=["district"])])
    exchange.write("agreement/test-agreement/1", wider.canonical())
    assert exchange.keeper.register.agreements["test-agreement"][1] == FIRST
    assert [kind for kind, _ in refusals(exchange)] == ["agreement"]
    assert why_unread(exchange) is None


def _broken(**changes: Any) -> bytes:
    return msgspec.json.encode(json.loads(SECOND.canonical()) | changes)


UNREADABLE: dict[str, bytes] = {
    "garbage": b"\x00\xff",
    "a key too many": _broken(colour="red"),
    "an unknown event type": _broken(shares=[share_of(event="x.y.v1")]),
    "an unknown field": _broken(shares=[share_of(send=["colour"])]),
    "a party nobody knows": _broken(
        parties={"police": {"acts_as": "controller"}, "army": {"acts_as": "controller"}}
    ),
    "an operator nobody knows": _broken(operator="army"),
    "a sealed field in send": _broken(
        shares=[share_of(event="domestic-abuse.incident-recorded.v1", send=["safe_contact.method"])]
    ),
    "another version than its key": FIRST.canonical(),
    "another id than its key": OTHER.canonical(),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_an_unreadable_version_stops_its_agreement_and_no_other(case: str) -> None:
    exchange = Exchange()
    exchange.add(FIRST)
    exchange.add(OTHER)
    exchange.write("agreement/test-agreement/2", UNREADABLE[case])
    assert why_unread(exchange) is Reason.AGREEMENT_UNREADABLE
    assert why_unread(exchange, agreement="other-agreement") is None
    ((kind, why),) = refusals(exchange)
    assert kind == "agreement"
    assert not any(word in why for word in ("red", "army", "colour"))


def test_what_was_unreadable_once_cannot_be_made_readable_by_another_record() -> None:
    exchange = Exchange()
    exchange.write("agreement/test-agreement/1", b"{}")
    exchange.add(FIRST)
    assert why_unread(exchange) is Reason.AGREEMENT_UNREADABLE
    assert len(refusals(exchange)) == 5  # the broken one, the second record, three signatures


def test_a_snapshot_does_not_change_with_the_register() -> None:
    exchange = Exchange()
    exchange.add(FIRST)
    book = exchange.book
    exchange.notify(FIRST, "council", "withdraw")
    exchange.write("agreement/test-agreement/2", b"{}")
    assert why_unread(exchange) is Reason.AGREEMENT_UNREADABLE
    assert why_not(book.register, "test-agreement", "police", "social-care", DAY) is None
    assert book.register_offset < exchange.book.register_offset
    assert exchange.book is exchange.book
    assert book.register.admitted.keys() < exchange.book.register.admitted.keys()


def test_a_newer_version_takes_the_place_of_one_that_cannot_be_read() -> None:
    exchange = Exchange()
    exchange.add(FIRST)
    exchange.write("agreement/test-agreement/2", b"{}")
    third = agreement_of(version=3)
    exchange.add(third, signed_by=["council", "charity"])
    assert why_unread(exchange, version=3) is Reason.AGREEMENT_UNREADABLE
    exchange.sign(third, "police-authority")
    assert why_unread(exchange, version=3) is None


def test_asking_whether_a_record_would_be_taken_changes_nothing() -> None:
    exchange = Exchange()
    register = exchange.keeper.register
    key, value = "agreement/test-agreement/1", FIRST.canonical()
    assert register.why_refused(key, value, RECORDED) is None
    assert register.agreements == {}
    exchange.write(key, value)
    offset = register.next_offset
    assert register.why_refused(key, value, RECORDED) == (
        "this key is registered already: its first record stands"
    )
    assert (register.next_offset, register.refused) == (offset, [])


def test_a_record_is_remembered_with_its_moment_and_the_key_that_signed_it() -> None:
    exchange = Exchange()
    exchange.add(FIRST, signed_by=[])
    moment = datetime(2026, 3, 4, 5, 6, tzinfo=UTC)
    exchange.sign(FIRST, "council", moment)
    register = exchange.keeper.register
    offset = register.next_offset - 1
    assert register.admitted["signature/test-agreement/1/council"] == Admitted(
        offset, moment, "council-1"
    )
    assert register.admitted["agency/police"].kid is None


def test_a_refusal_names_the_agreement_it_is_about_only_if_that_is_registered() -> None:
    exchange = Exchange()
    exchange.add(FIRST)
    exchange.write("signature/test-agreement/1/council", b"{}")
    exchange.write("signature/Jane O'Neill/1/council", b"{}")
    exchange.write("agreement/Jane O'Neill/1", b"{}")
    assert [each.agreement for each in exchange.keeper.register.refused] == [
        "test-agreement",
        "",
        "",
    ]
    assert exchange.keeper.register.unreadable == {}


def test_a_version_has_one_spelling() -> None:
    exchange = Exchange()
    exchange.write("agreement/test-agreement/01", FIRST.canonical())
    assert refusals(exchange) == [("agreement", "the version in the key is not a number")]
    assert exchange.keeper.register.unreadable == {}
