"""A controller's keys: each its own, changed by revisions that only add, end or revoke."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from joserfc.jwk import OKPKey
from pydantic import ValidationError

from builders import NOW, Exchange, agreement_of, public
from concordat.agreements.parties import Controller, SigningKey
from concordat.agreements.reason import Reason
from signed_notices import refusals, why_unread

FIRST = agreement_of()
DROPPED = "a revision may end or revoke a key, not drop, change or revive one"


def _key(kid: str) -> OKPKey:
    return OKPKey.generate_key("Ed25519", {"kid": kid})


def _revise(
    exchange: Exchange, number: int, *keys: SigningKey, controller: str = "council"
) -> None:
    known = exchange.keeper.register.controllers[controller]
    revised = known.model_copy(update={"keys": list(keys)})
    exchange.write(f"controller/{controller}/{number}", revised.model_dump_json(exclude_none=True))


def _own(exchange: Exchange, controller: str = "council") -> SigningKey:
    (key,) = exchange.keeper.register.controllers[controller].keys
    return key


def test_a_revision_adds_a_key_that_signs_from_then_on() -> None:
    exchange = Exchange()
    exchange.add(FIRST, ["police-authority"])
    new = exchange.keys["council"] = _key("council-2026-2")
    exchange.sign(FIRST, "council")
    assert why_unread(exchange) is Reason.UNSIGNED_BY_RECIPIENT
    _revise(exchange, 2, _own(exchange), public(new))
    exchange.sign(FIRST, "council")
    assert why_unread(exchange) is None
    assert exchange.keeper.register.admitted["signature/test-agreement/1/council"].kid == new.kid


def test_a_revoked_key_signs_no_more_and_what_it_signed_stands() -> None:
    exchange = Exchange()
    exchange.add(FIRST)
    second = agreement_of(version=2, effective={"from": "2026-06-01", "until": "2027-12-31"})
    exchange.add(second, [])
    revoked_at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    _revise(exchange, 2, _own(exchange).model_copy(update={"revoked_at": revoked_at}))
    assert why_unread(exchange) is None
    exchange.sign(second, "council", revoked_at)
    assert [kind for kind, _ in refusals(exchange)] == ["signature"]
    exchange.sign(second, "council", datetime(2026, 3, 1, 11, 59, 59, tzinfo=UTC))
    assert len(refusals(exchange)) == 1


END = {"valid_until": date(2026, 12, 31)}
REVOKED = {"revoked_at": NOW}


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param([None], id="dropped"),
        pytest.param([{"x": "A" * 43}], id="another public key"),
        pytest.param([{"valid_from": date(2019, 1, 1)}], id="begun earlier"),
        pytest.param([{"kid": "council-9"}], id="renamed"),
        pytest.param([END, {"valid_until": None}], id="never to end after all"),
        pytest.param([END, {"valid_until": date(2027, 1, 1)}], id="to end later"),
        pytest.param([REVOKED, {"revoked_at": None}], id="revoked no more"),
        pytest.param([REVOKED, {"revoked_at": NOW.replace(year=2027)}], id="revoked later"),
    ],
)
def test_a_revision_opens_no_key_wider(changes: list[dict[str, Any] | None]) -> None:
    exchange = Exchange()
    key = _own(exchange)
    for number, change in enumerate(changes, 2):
        assert refusals(exchange) == []
        key = key.model_copy(update=change or {})
        _revise(exchange, number, *([key] if change is not None else []))
    assert refusals(exchange) == [("controller", DROPPED)]


def test_a_key_may_be_ended_or_revoked_ever_earlier() -> None:
    exchange = Exchange()
    key = _own(exchange)
    steps: list[dict[str, Any]] = [
        END,
        {"valid_until": date(2026, 6, 30)},
        REVOKED,
        {"revoked_at": NOW.replace(year=2025)},
    ]
    for number, step in enumerate(steps, 2):
        key = key.model_copy(update=step)
        _revise(exchange, number, key)
    assert refusals(exchange) == []
    assert _own(exchange) == key


def test_revisions_follow_one_another() -> None:
    exchange = Exchange()
    key = _own(exchange)
    for number in (1, 3):
        _revise(exchange, number, key)
    assert [why for _, why in refusals(exchange)] == ["the revision is not the next one"] * 2
    _revise(exchange, 2, key)
    _revise(exchange, 2, key.model_copy(update=END))
    assert _own(exchange) == key
    assert len(refusals(exchange)) == 3


def test_a_revision_of_nobody_or_of_another_is_refused() -> None:
    exchange = Exchange()
    charity = exchange.keeper.register.controllers["charity"].model_dump_json(exclude_none=True)
    exchange.write("controller/nobody/2", charity.replace("charity", "nobody"))
    exchange.write("controller/council/2", charity)
    assert [kind for kind, _ in refusals(exchange)] == ["controller", "controller"]


def test_a_key_of_one_controller_is_no_other_controllers() -> None:
    exchange = Exchange()
    stolen = _own(exchange, "charity").model_copy(update={"kid": "council-2"})
    _revise(exchange, 2, _own(exchange), stolen)
    content = {"schema": "concordat/controller/v1", "id": "army", "name": "Army"}
    army = Controller.model_validate({**content, "keys": [stolen]})
    exchange.write("controller/army", army.model_dump_json(exclude_none=True))
    assert refusals(exchange) == [("controller", "a key of another controller")] * 2
    assert "army" not in exchange.keeper.register.controllers


@pytest.mark.parametrize("change", [{"kid": "council-2"}, {"x": "A" * 43}])
def test_a_controller_names_each_key_once(change: dict[str, str]) -> None:
    key = public(_key("council-1"))
    keys = [key, key.model_copy(update=change)]
    content = {"schema": "concordat/controller/v1", "id": "council", "name": "Council"}
    assert Controller.model_validate({**content, "keys": [key]}).key("council-1") == key
    with pytest.raises(ValidationError, match="a kid of its own"):
        Controller.model_validate({**content, "keys": keys})


def test_a_public_key_has_one_spelling() -> None:
    known = public(_key("council-1")).x
    with pytest.raises(ValidationError):
        SigningKey(kid="council-1", x=known[:-1] + "B", valid_from=date(2026, 1, 1))


@pytest.mark.parametrize(
    ("changes", "at", "why"),
    [
        ({}, "2026-06-30T12:00:00Z", None),
        ({}, "2025-12-31T23:30:00Z", "it counts only from 2026-01-01 on"),
        ({"valid_until": date(2026, 6, 29)}, "2026-06-29T22:30:00Z", None),
        # The last of June in London, while it is still the 29th in UTC.
        (
            {"valid_until": date(2026, 6, 29)},
            "2026-06-29T23:30:00Z",
            "it counted until 2026-06-29",
        ),
        (
            {"revoked_at": datetime(2026, 6, 1, tzinfo=UTC)},
            "2026-06-30T12:00:00Z",
            "it was revoked at 2026-06-01T00:00:00Z",
        ),
    ],
)
def test_a_key_says_why_it_does_not_count(
    changes: dict[str, Any], at: str, why: str | None
) -> None:
    key = SigningKey(kid="council-1", x="A" * 43, valid_from=date(2026, 1, 1), **changes)
    assert key.why_not(datetime.fromisoformat(at)) == why
