"""What the register must bear: it never raises for what a record holds."""

import json
from typing import Any

import pytest

from builders import RECORDED, Exchange, agreement_of, share_of
from concordat.agreements.register import Register

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
        "reason": "x",
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


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(_notice(version=10**30), id="a version beyond JSON's numbers"),
        pytest.param(_notice(at="0001-01-01T00:00:00+01:00"), id="before the first year"),
        pytest.param(_notice(at="9999-12-31T23:59:59-01:00"), id="after the last year"),
        pytest.param(b'{"signature":"","notice":' + b"[" * 100_000, id="endless nesting"),
    ],
)
def test_a_notice_that_cannot_be_read_is_refused(value: bytes) -> None:
    register = _applied("notice/test-agreement/abc", value)
    assert [each.kind for each in register.refused] == ["notice"]
