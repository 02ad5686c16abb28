"""What the register must bear: it never raises for what a record holds."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import RECORDED, Exchange, agreement_of, share_of
from concordat.agreements.register import Register
from event_strategies import THOROUGH

BASE = json.loads(agreement_of().canonical())
INCIDENT = "domestic-abuse.incident-recorded.v1"


def _applied(key: str, value: bytes, exchange: Exchange | None = None) -> Register:
    exchange = exchange or Exchange()
    exchange.write(key, value)
    return exchange.keeper.register


def _notice(**changes: Any) -> bytes:
    notice = {
        "schema": "concordat/notice/v1",
        "agreement": "test-agreement",
        "version": 1,
        "action": "suspend",
        "controller": "council",
        "at": "2026-01-01T00:00:00Z",
        "reason": "A test asks for it.",
    }
    return json.dumps({"notice": notice | changes, "signature": "a..b"}).encode()


def test_a_number_that_json_signatures_cannot_hold_is_refused_with_its_agreement() -> None:
    when = [{"field": "child_count", "at_least": 10**30}]
    shares = [share_of(event=INCIDENT, send=[], when=when)]
    register = _applied(
        "agreement/test-agreement/1", json.dumps(BASE | {"shares": shares}).encode()
    )
    assert [each.kind for each in register.refused] == ["agreement"]
    register.apply(
        "signature/test-agreement/1/council",
        b'{"signature":"a..b"}',
        offset=register.next_offset,
        recorded_at=RECORDED,
    )
    assert [each.kind for each in register.refused] == ["agreement", "signature"]


def _why_not(value: bytes) -> str:
    (refused,) = _applied("notice/test-agreement/abc", value).refused
    assert refused.kind == "notice"
    return refused.why


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(_notice(version=10**30), id="a version beyond JSON's numbers"),
        pytest.param(_notice(at="0001-01-01T00:00:00+01:00"), id="before the first year"),
        pytest.param(_notice(reason="A line\nand \x1b[31mmore"), id="no line of plain text"),
        pytest.param(_notice(at="9999-12-31T23:59:59-01:00"), id="after the last year"),
        pytest.param(b'{"signature":"","notice":' + b"[" * 100_000, id="endless nesting"),
    ],
)
def test_a_notice_that_cannot_be_read_is_refused(value: bytes) -> None:
    assert _why_not(_notice()) == "the key names another notice"
    assert " form" in _why_not(value)


TEXT = [r"\ud800", r"\u0000", "\ufeff", "é"]
KEYS = [
    "controller/council",
    "controller/council/2",
    "agency/army",
    "agreement/test-agreement/2",
    "signature/test-agreement/1/council",
    f"notice/test-agreement/{'0' * 64}",
]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("text", TEXT)
def test_a_value_with_text_that_nobody_expects_is_refused(key: str, text: str) -> None:
    exchange = Exchange()
    exchange.add(agreement_of())
    notice = _notice(reason="TEXT", at="2026-01-01T00:00:00Z").decode()
    for value in (
        json.dumps(BASE | {"version": 2, "title": "A TEXT title"}),
        '{"signature":"TEXT..TEXT"}',
        notice,
        '{"TEXT":1}',
    ):
        _applied(key, value.replace("TEXT", text).encode(), exchange)
    register = exchange.keeper.register
    # A title may hold any text that JSON can, and is then a version that nobody has signed.
    taken = 4 - len(register.refused)
    assert taken == (key.startswith("agreement") and text not in (TEXT[0],))
    assert len(register.signatures) == 3


@THOROUGH
@given(
    st.sampled_from(KEYS) | st.text(max_size=60) | st.none(),
    st.binary(max_size=80) | st.none(),
)
def test_no_record_is_an_error_and_none_of_these_is_taken(
    key: str | None, value: bytes | None
) -> None:
    register = Exchange().keeper.register
    offset = register.next_offset
    assert register.apply(key, value, offset=offset, recorded_at=RECORDED) is False
    (refused,) = register.refused
    assert (refused.offset, register.next_offset) == (offset, offset + 1)
    assert refused.kind in {"unknown", "controller", "agency", "agreement", "signature", "notice"}
    assert not key or len(key) < 4 or key not in refused.why
