"""Every reason can be given, and can be said to a practitioner."""

import json
from collections.abc import Callable
from datetime import date

import pytest

from builders import NOW, Exchange, agreement_of, crime, share_of
from concordat.agreements.reason import SENTENCES, Reason
from concordat.inbox.stored_item import StoredItem, sort_items
from concordat.kafka.topics import Topics
from concordat.stages.record import Record
from concordat.stages.route import route_stage
from concordat.stages.routed import read_routed
from concordat_events.envelope import Event, read_event, write_event
from signed_notices import why_unread

ALL = ["police-authority", "council", "charity"]


def _event(**attributes: object) -> Event:
    return read_event(json.dumps({**crime(), **attributes}).encode())


def _routed(exchange: Exchange, value: bytes | None = None) -> Reason:
    """Why social care gets nothing of a crime that the police publish."""
    record = Record("incidents", 0, 0, b"k", value or write_event(_event()), None)
    *_, output = route_stage(Topics(), b"k")([record], exchange.book, NOW)
    routed = read_routed(output.value)
    (why,) = (each.reason for each in routed.withheld if each.agency == "social-care")
    return why


def _registered(signed_by: list[str] = ALL, **changes: object) -> Exchange:
    exchange = Exchange()
    exchange.add(agreement_of(**changes), signed_by)
    return exchange


def _noticed(action: str) -> Exchange:
    exchange = _registered()
    exchange.notify(agreement_of(), "council", action)
    return exchange


def _superseded() -> Reason | None:
    exchange = _registered()
    exchange.add(agreement_of(version=2, shares=[share_of(send=["month"])]))
    return why_unread(exchange)


def _not_named() -> Reason:
    exchange = _registered()
    exchange.add(agreement_of(version=2, shares=[share_of(to=["womens-aid"])]))
    return _routed(exchange)


def _broken() -> Reason:
    exchange = _registered()
    exchange.write("agreement/test-agreement/2", b"{}")
    return _routed(exchange)


def _parties(**acts_as: str) -> dict[str, dict[str, object]]:
    return {
        name.replace("_", "-"): {"acts_as": role, "keep_days": 1} for name, role in acts_as.items()
    }


def _joint() -> Exchange:
    joint = "joint-controller"
    parties = _parties(police=joint, womens_aid=joint, social_care="controller")
    return _registered(["police-authority", "council"], parties=parties)


def _without_third_party() -> Exchange:
    shares = [share_of(requires=["womens-aid"])]
    return _registered(["police-authority", "council"], shares=shares)


def _kept_too_long() -> Reason:
    last = date(2026, 11, 21)
    item = StoredItem(
        seq=1,
        acknowledged=False,
        publisher="police",
        agreement="test-agreement",
        version=1,
        shares="all-crimes",
        event_type=crime()["type"],
        body="{}",
        keep_until=last,
    )
    (stub,) = sort_items([item], _registered().book, recipient="social-care", now=NOW).stopped
    return Reason(stub.reason)


def _addressed_to_another() -> Reason:
    exchange = Exchange({"police-authority": ["police"], "charity": ["womens-aid"], "council": []})
    desk = {"id": "social-care", "name": "A desk", "controller": "council"}
    gss = {"schema": "concordat/agency/v1", "identifiers": {"gss": "Wychavon"}}
    exchange.write("agency/social-care", json.dumps(desk | gss))
    member = {"group": "desks", "whose": "gss", "is": "district"}
    exchange.add(agreement_of(groups={"desks": ["social-care"]}, shares=[share_of(to=[member])]))
    return _routed(exchange)


def _when(**condition: object) -> Exchange:
    return _registered(shares=[share_of(when=[condition])])


def _days(start: str, until: str) -> Exchange:
    return _registered(effective={"from": start, "until": until}, review_by=start)


GIVEN: dict[Reason, Callable[[], Reason | None]] = {
    Reason.FIELD_UNKNOWN: lambda: _routed(_when(field="outcome", **{"is": "charged"})),
    Reason.CONDITION_FALSE: lambda: _routed(_when(field="category", **{"is": "burglary"})),
    Reason.NOT_ADDRESSED: _addressed_to_another,
    Reason.SUSPENDED: lambda: _routed(_noticed("suspend")),
    Reason.UNSIGNED_BY_RECIPIENT: lambda: _routed(_registered(["police-authority"])),
    Reason.UNSIGNED_BY_PUBLISHER: lambda: _routed(_registered(["council"])),
    Reason.UNSIGNED_BY_JOINT_CONTROLLER: lambda: _routed(_joint()),
    Reason.UNSIGNED_BY_THIRD_PARTY: lambda: _routed(_without_third_party()),
    Reason.NOT_YET_IN_FORCE: lambda: _routed(_days("2026-11-23", "2026-11-23")),
    Reason.EXPIRED: lambda: _routed(_days("2026-01-01", "2026-11-21")),
    Reason.KEPT_TO_ITS_END: _kept_too_long,
    Reason.WITHDRAWN: lambda: _routed(_noticed("withdraw")),
    Reason.SUPERSEDED: _superseded,
    Reason.NOT_NAMED: _not_named,
    Reason.AGREEMENT_UNREADABLE: _broken,
    Reason.DENIED_BY_PUBLISHER: lambda: _routed(
        _registered(), write_event(_event(withholdfrom="social-care"))
    ),
    Reason.UNREADABLE: lambda: _routed(_registered(), b"garbage"),
}


# What became of an item is deliver's to say, not the book's: tests/integration/deliver.
SAID_BY_DELIVER = {Reason.RELEASED, Reason.DECIDED_AGAIN}


@pytest.mark.parametrize("reason", sorted(set(Reason) - SAID_BY_DELIVER))
def test_every_reason_can_be_given(reason: Reason) -> None:
    assert GIVEN[reason]() is reason


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_one_plain_sentence(reason: Reason) -> None:
    assert reason.sentence[0].isupper()
    assert reason.sentence.endswith(".")
    assert reason.sentence.count(".") == 1
    assert 20 <= len(reason.sentence) <= 80
    assert reason.value not in reason.sentence


def test_no_two_reasons_have_one_sentence() -> None:
    assert len(set(SENTENCES.values())) == len(Reason) == len(SENTENCES)
