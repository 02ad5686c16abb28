"""Signatures and notices on the register: only those that verify have an effect."""

from datetime import UTC, datetime

import msgspec
import pytest

from builders import Exchange, agreement_of, key_of, signed_notice
from concordat.agreements.reason import Reason
from concordat.agreements.signature import sign
from signed_notices import refusals, why_unread

FIRST = agreement_of()
SECOND = agreement_of(version=2)
OTHER = agreement_of(id="other-agreement")


def _signature(content: bytes, exchange: Exchange, controller: str) -> bytes:
    return msgspec.json.encode({"signature": sign(content, exchange.keys[controller])})


def test_a_signature_may_not_come_before_what_it_signs() -> None:
    exchange = Exchange()
    exchange.sign(FIRST, "council")
    exchange.add(FIRST, signed_by=["police-authority"])
    assert refusals(exchange)[0][0] == "signature"
    assert why_unread(exchange) is Reason.UNSIGNED_BY_RECIPIENT


def test_a_dropped_signature_is_a_missing_one() -> None:
    exchange = Exchange()
    exchange.add(FIRST, signed_by=["council", "charity"])
    assert why_unread(exchange) is Reason.UNSIGNED_BY_PUBLISHER


def test_a_signature_of_one_version_does_not_sign_another() -> None:
    exchange = Exchange()
    exchange.add(FIRST, signed_by=["police-authority"])
    exchange.add(SECOND, signed_by=[])
    swapped = _signature(SECOND.canonical(), exchange, "council")
    exchange.write("signature/test-agreement/1/council", swapped)
    assert why_unread(exchange) is Reason.UNSIGNED_BY_RECIPIENT
    assert [kind for kind, _ in refusals(exchange)] == ["signature"]


def test_a_signature_by_another_controllers_key_isrefusals() -> None:
    exchange = Exchange()
    exchange.add(FIRST, signed_by=["police-authority"])
    forged = _signature(FIRST.canonical(), exchange, "charity")
    exchange.write("signature/test-agreement/1/council", forged)
    assert why_unread(exchange) is Reason.UNSIGNED_BY_RECIPIENT


def test_a_repeated_signature_changes_nothing() -> None:
    exchange = Exchange()
    exchange.add(FIRST)
    exchange.sign(FIRST, "council")
    assert why_unread(exchange) is None
    assert [kind for kind, _ in refusals(exchange)] == ["signature"]


def test_a_signature_that_failed_may_be_made_again() -> None:
    exchange = Exchange()
    exchange.add(FIRST, signed_by=["police-authority"])
    exchange.write("signature/test-agreement/1/council", b'{"signature":"a..b"}')
    assert why_unread(exchange) is Reason.UNSIGNED_BY_RECIPIENT
    exchange.sign(FIRST, "council")
    assert why_unread(exchange) is None


def test_a_controller_behind_no_party_cannot_sign() -> None:
    exchange = Exchange()
    two = agreement_of(
        parties={
            name: {"acts_as": "controller", "keep_days": 1} for name in ("police", "social-care")
        }
    )
    exchange.add(two)
    assert [why for _, why in refusals(exchange)] == [
        "a signature by a controller that is behind no party"
    ]
    assert ("test-agreement", 1, "charity") not in exchange.keeper.register.signatures


@pytest.mark.parametrize(
    "value",
    [b"{}", b"[]", b"\xff", b'{"signature":5}', b'{"signature":"a","more":1}', b'{"signature":""}'],
)
def test_a_signature_record_of_another_form_isrefusals(value: bytes) -> None:
    exchange = Exchange()
    exchange.add(FIRST, signed_by=["police-authority"])
    exchange.write("signature/test-agreement/1/council", value)
    assert why_unread(exchange) is Reason.UNSIGNED_BY_RECIPIENT
    assert len(refusals(exchange)) == 1


def test_a_signature_counts_from_the_time_the_log_gave_it() -> None:
    exchange = Exchange()
    exchange.add(FIRST, signed_by=["police-authority"])
    # The keys of these controllers are valid from 2020-01-01, a day of London.
    exchange.sign(FIRST, "council", datetime(2019, 12, 31, 23, 59, tzinfo=UTC))
    assert why_unread(exchange) is Reason.UNSIGNED_BY_RECIPIENT
    exchange.sign(FIRST, "council", datetime(2020, 1, 1, 0, 0, tzinfo=UTC))
    assert why_unread(exchange) is None


@pytest.mark.parametrize("action", ["suspend", "withdraw"])
def test_a_notice_stops_its_agreement(action: str) -> None:
    exchange = Exchange()
    exchange.add(FIRST)
    exchange.add(OTHER)
    exchange.notify(FIRST, "council", action)
    expected = {"suspend": Reason.SUSPENDED, "withdraw": Reason.WITHDRAWN}
    assert why_unread(exchange) is expected[action]
    assert why_unread(exchange, agreement="other-agreement") is None


def test_a_notice_by_a_stranger_stops_nothing() -> None:
    exchange = Exchange(
        {
            "police-authority": ["police"],
            "council": ["social-care"],
            "charity": ["womens-aid"],
            "army": ["barracks"],
        }
    )
    exchange.add(FIRST, signed_by=["police-authority", "council"])
    exchange.notify(FIRST, "army", "withdraw")
    key, value = signed_notice(FIRST, "nobody", "withdraw", key_of("nobody"))
    exchange.write(key, value)
    assert why_unread(exchange) is None
    assert [kind for kind, _ in refusals(exchange)] == ["notice", "notice"]


def test_a_notice_signed_by_another_or_kept_under_another_key_stops_nothing() -> None:
    exchange = Exchange()
    exchange.add(FIRST)
    key, value = signed_notice(FIRST, "council", "withdraw", exchange.keys["charity"])
    exchange.write(key, value)
    good_key, good = signed_notice(FIRST, "council", "withdraw", exchange.keys["council"])
    exchange.write(good_key[:-1] + "0" * (good_key[-1] != "0") + "1" * (good_key[-1] == "0"), good)
    exchange.write(good_key.replace("test-agreement", "other-agreement"), good)
    exchange.write(good_key, good.replace(b"withdraw", b"suspend"))
    assert why_unread(exchange) is None
    assert [kind for kind, _ in refusals(exchange)] == ["notice"] * 4


@pytest.mark.parametrize("value", [b"{}", b'{"notice":{},"signature":""}', b"[]", b"\xff", b"{"])
def test_a_notice_of_another_form_isrefusals(value: bytes) -> None:
    exchange = Exchange()
    exchange.add(FIRST)
    exchange.write("notice/test-agreement/abc", value)
    assert len(refusals(exchange)) == 1
    assert why_unread(exchange) is None
