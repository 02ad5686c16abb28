"""The traps of versions and notices, one test each, named by the trap."""

from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest

from builders import RECORDED, Exchange, agreement_of, share_of
from concordat.agreements.document import Agreement
from concordat.agreements.reason import Reason
from concordat.agreements.signature import sign
from concordat.agreements.standing import version_for, why_not, why_not_share
from signed_notices import notice_of, record_of, refusals, say, why_unread

ALL = ["police-authority", "council", "charity"]
TODAY = date(2026, 11, 22)
YESTERDAY = date(2026, 11, 21)
BOTH = ["social-care", "womens-aid"]


def _version(number: int, start: str = "2026-01-01", **changes: Any) -> Agreement:
    content = {"shares": [share_of(to=BOTH)], **changes}
    return agreement_of(version=number, effective={"from": start, "until": "2027-12-31"}, **content)


def _exchange(*versions: tuple[Agreement, list[str]]) -> Exchange:
    exchange = Exchange()
    for agreement, signed_by in versions:
        exchange.add(agreement, signed_by)
    return exchange


def _why(
    exchange: Exchange, recipient: str = "social-care", publisher: str = "police", day: date = TODAY
) -> Reason | None:
    return why_not(exchange.keeper.register, "test-agreement", publisher, recipient, day)


V2, V3 = _version(2), _version(3)
V4 = _version(4, "2026-11-22")


# -- versions ----------------------------------------------------------------------------------


def test_suspend_v3_while_v2_exists() -> None:
    exchange = _exchange((V2, ALL), (V3, ALL))
    say(exchange, V3, "council", "suspend")
    assert _why(exchange) is Reason.SUSPENDED
    assert why_unread(exchange, version=2) is Reason.SUSPENDED
    assert version_for(exchange.keeper.register, "test-agreement", "police", TODAY) == 3


def test_v4_drops_a_party() -> None:
    parties = {
        name: {"acts_as": "controller", "keep_days": 1} for name in ("police", "social-care")
    }
    dropping = _version(4, "2026-11-22", parties=parties, shares=[share_of()])
    exchange = _exchange((V3, ALL), (dropping, ["police-authority", "council"]))
    assert _why(exchange, "womens-aid", day=YESTERDAY) is None
    assert _why(exchange, "womens-aid") is Reason.NOT_NAMED
    assert why_unread(exchange, version=3, recipient="womens-aid") is Reason.NOT_NAMED
    assert _why(exchange) is None


def test_v4_unsigned_by_the_publisher_at_its_start_v3_goes_on() -> None:
    exchange = _exchange((V3, ALL), (V4, ["council", "charity"]))
    assert version_for(exchange.keeper.register, "test-agreement", "police", TODAY) == 3
    assert [_why(exchange, recipient) for recipient in BOTH] == [None, None]
    assert why_unread(exchange, version=3) is None


def test_v4_unsigned_by_a_recipient_at_its_start_nothing_reaches_it_and_others_go_on() -> None:
    exchange = _exchange((V3, ALL), (V4, ["police-authority", "charity"]))
    assert [_why(exchange, recipient, day=YESTERDAY) for recipient in BOTH] == [None, None]
    assert [_why(exchange, recipient) for recipient in BOTH] == [Reason.UNSIGNED_BY_RECIPIENT, None]
    assert why_unread(exchange, version=3) is Reason.UNSIGNED_BY_RECIPIENT
    assert why_unread(exchange, version=3, recipient="womens-aid") is None
    exchange.sign(V4, "council")
    assert _why(exchange) is None


def test_v2_registered_after_v3_ended_does_not_take_its_place() -> None:
    short = {"effective": {"from": "2026-01-01", "until": "2026-11-21"}, "review_by": "2026-11-01"}
    ended = agreement_of(version=3, **short)
    exchange = _exchange((ended, ALL), (V2, ALL))
    assert _why(exchange, day=YESTERDAY) is None
    assert _why(exchange) is Reason.EXPIRED


# -- whose notice ------------------------------------------------------------------------------


def test_a_charity_suspends_the_pairs_of_others() -> None:
    exchange = _exchange((V3, ALL))
    say(exchange, V3, "charity", "suspend", pairs=[("police", "social-care")])
    assert refusals(exchange) == [("notice", "a notice for the pairs of others")]
    assert [_why(exchange, recipient) for recipient in BOTH] == [None, None]


def test_a_charity_signs_a_notice_in_the_name_of_the_council() -> None:
    exchange = _exchange((V3, ALL))
    exchange.write(*record_of(notice_of(V3, "council", "suspend"), exchange, signer="charity"))
    assert [kind for kind, _ in refusals(exchange)] == ["notice"]
    assert _why(exchange) is None


# -- suspending and resuming -------------------------------------------------------------------


@pytest.mark.parametrize("side", ["council", "police-authority"])
def test_resume_by_one_side_only(side: str) -> None:
    exchange = _exchange((V3, ALL))
    digest = say(exchange, V3, "council", "suspend")
    say(exchange, V3, side, "resume", resumes=digest)
    assert _why(exchange) is Reason.SUSPENDED
    assert exchange.book.lifted == []
    other = ({"council", "police-authority"} - {side}).pop()
    say(exchange, V3, other, "resume", resumes=digest)
    assert _why(exchange) is None
    assert [stop.recipient for stop in exchange.book.lifted] == ["social-care"]


def test_a_stranger_to_the_pair_resumes_it_in_the_place_of_one_side() -> None:
    exchange = _exchange((V3, ALL))
    digest = say(exchange, V3, "council", "suspend")
    for controller in ("council", "charity"):
        say(exchange, V3, controller, "resume", resumes=digest)
    assert _why(exchange) is Reason.SUSPENDED


def test_a_resumption_replayed_for_a_later_suspension() -> None:
    exchange = _exchange((V3, ALL))
    first = say(exchange, V3, "council", "suspend")
    for controller in ("council", "police-authority"):
        say(exchange, V3, controller, "resume", resumes=first)
    resumptions = [entry for entry in exchange.log if b'"resume"' in entry[1]]
    later = datetime(2026, 11, 22, 13, tzinfo=UTC)
    second = say(exchange, V3, "council", "suspend", at=later)
    assert second != first
    for key, value in resumptions:
        exchange.write(key, value)
        exchange.write(key.rpartition("/")[0] + "/" + second, value)
        exchange.write(key, value.replace(first.encode(), second.encode()))
    assert len(refusals(exchange)) == 6
    assert _why(exchange) is Reason.SUSPENDED


def test_a_suspension_repeated_after_it_was_resumed() -> None:
    exchange = _exchange((V3, ALL))
    digest = say(exchange, V3, "council", "suspend")
    suspension = exchange.log[-1]
    for controller in ("council", "police-authority"):
        say(exchange, V3, controller, "resume", resumes=digest)
    exchange.write(*suspension)
    # The same notice written otherwise has the same digest.
    spaced = msgspec.json.format(suspension[1], indent=4)
    exchange.write(suspension[0], spaced)
    assert len(refusals(exchange)) == 2
    assert _why(exchange) is None


def test_a_resumption_before_there_is_anything_to_resume() -> None:
    exchange = _exchange((V3, ALL))
    coming = notice_of(V3, "council", "suspend")
    say(exchange, V3, "council", "resume", resumes=coming.digest())
    exchange.write(*record_of(coming, exchange))
    say(exchange, V3, "police-authority", "resume", resumes=coming.digest())
    assert refusals(exchange) == [("notice", "a resumption of no suspension of this version")]
    assert _why(exchange) is Reason.SUSPENDED


# -- withdrawing -------------------------------------------------------------------------------


def test_a_withdrawal_is_final_for_its_version_and_every_lower_one() -> None:
    exchange = _exchange((V2, ALL), (V3, ALL))
    suspended = say(exchange, V3, "council", "suspend")
    withdrawn = say(exchange, V3, "council", "withdraw")
    for digest in (suspended, withdrawn):
        for controller in ("council", "police-authority"):
            say(exchange, V3, controller, "resume", resumes=digest)
    for version in (2, 3):
        assert why_unread(exchange, version=version) is Reason.WITHDRAWN
    exchange.add(V4)
    assert _why(exchange, day=YESTERDAY) is Reason.WITHDRAWN
    assert _why(exchange) is None
    # What was decided under the third stays unread, although the fourth sends the same.
    assert why_unread(exchange, version=3) is Reason.WITHDRAWN


def test_v2_registered_and_signed_after_v3_was_withdrawn() -> None:
    exchange = _exchange((V3, ALL))
    say(exchange, V3, "council", "withdraw")
    exchange.add(V2)
    assert _why(exchange) is Reason.WITHDRAWN
    assert why_unread(exchange, version=2) is Reason.WITHDRAWN


def test_a_third_party_that_a_share_requires_withdraws() -> None:
    needing = _version(3, shares=[share_of(requires=["womens-aid"]), share_of(id="without")])
    exchange = _exchange((needing, ALL))
    register = exchange.keeper.register
    assert why_not_share(register, needing, needing.shares[0]) is None
    say(exchange, needing, "charity", "withdraw")
    assert why_not_share(register, needing, needing.shares[0]) is Reason.WITHDRAWN
    assert why_unread(exchange, version=3) is Reason.WITHDRAWN
    assert why_unread(exchange, version=3, shares=("without",)) is None
    assert _why(exchange) is None


def test_a_joint_controller_is_late_and_another_withdraws() -> None:
    joint = {"acts_as": "joint-controller", "keep_days": 1}
    parties = dict.fromkeys(("police", "social-care", "womens-aid"), joint)
    together = _version(3, parties=parties)
    exchange = _exchange((together, ["police-authority", "council"]))
    assert _why(exchange) is Reason.UNSIGNED_BY_JOINT_CONTROLLER
    exchange.sign(together, "charity")
    assert _why(exchange) is None
    # A notice stops its controller's own pairs, also among joint controllers.
    say(exchange, together, "charity", "withdraw")
    assert [_why(exchange, recipient) for recipient in BOTH] == [None, Reason.WITHDRAWN]


# -- clock and keys ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "stands"),
    [
        # From 1 July to 31 August, days of London, which is an hour ahead of UTC in summer.
        ("2026-06-30T22:59:59Z", Reason.NOT_YET_IN_FORCE),
        ("2026-06-30T23:00:00Z", None),
        ("2026-07-01T00:00:00Z", None),
        ("2026-08-31T22:59:59Z", None),
        ("2026-08-31T23:00:00Z", Reason.EXPIRED),
    ],
)
def test_the_clock_at_the_days_edge_in_summer_time(moment: str, stands: Reason | None) -> None:
    summer = agreement_of(
        effective={"from": "2026-07-01", "until": "2026-08-31"}, review_by="2026-08-01"
    )
    exchange = _exchange((summer, ALL))
    assert why_unread(exchange, now=datetime.fromisoformat(moment)) is stands


@pytest.mark.parametrize(
    ("moment", "counts"),
    [
        # The key's last day is 30 June in London: it ends at 23:00 in UTC.
        (datetime(2026, 6, 30, 22, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 6, 30, 23, 0, tzinfo=UTC), False),
    ],
)
def test_a_key_at_the_edge_of_its_last_day_in_summer_time(moment: datetime, counts: bool) -> None:
    exchange = _exchange((V3, ["police-authority"]))
    _revise(exchange, valid_until=date(2026, 6, 30))
    exchange.sign(V3, "council", moment)
    assert (_why(exchange) is None) is counts


def test_an_old_keys_signature_is_recorded_after_its_revocation() -> None:
    exchange = _exchange((V3, ["police-authority"]))
    made_before = msgspec.json.encode({"signature": sign(V3.canonical(), exchange.keys["council"])})
    revoked = datetime(2026, 5, 1, tzinfo=UTC)
    _revise(exchange, revoked_at=revoked)
    exchange.write("signature/test-agreement/3/council", made_before, revoked)
    assert [kind for kind, _ in refusals(exchange)] == ["signature"]
    assert _why(exchange) is Reason.UNSIGNED_BY_RECIPIENT


def test_a_notice_by_a_revoked_key_stops_nothing() -> None:
    exchange = _exchange((V3, ALL))
    _revise(exchange, revoked_at=RECORDED)
    say(exchange, V3, "council", "withdraw")
    assert [kind for kind, _ in refusals(exchange)] == ["notice"]
    assert _why(exchange) is None


def _revise(exchange: Exchange, **changes: Any) -> None:
    known = exchange.keeper.register.controllers["council"]
    keys = [key.model_copy(update=changes) for key in known.keys]
    revised = known.model_copy(update={"keys": keys})
    exchange.write("controller/council/2", revised.model_dump_json(exclude_none=True))
    assert refusals(exchange) == []
