"""In force: pairwise, by day of London, and nothing lower ever revives."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from builders import NOW, Exchange, agreement_of, share_of
from concordat.agreements.day import london_day, rfc3339
from concordat.agreements.document import Agreement
from concordat.agreements.reason import Reason
from concordat.agreements.standing import version_for, why_not
from signed_notices import why_unread

TODAY = date(2026, 11, 22)
ALL = ["police-authority", "council", "charity"]


def _version(number: int, start: str = "2026-01-01", **changes: Any) -> Agreement:
    effective = {"from": start, "until": "2027-12-31"}
    return agreement_of(version=number, effective=effective, **changes)


def _exchange(*versions: tuple[Agreement, list[str]]) -> Exchange:
    exchange = Exchange()
    for agreement, signed_by in versions:
        exchange.add(agreement, signed_by)
    return exchange


def _why(
    exchange: Exchange,
    publisher: str = "police",
    recipient: str = "social-care",
    day: date = TODAY,
) -> Reason | None:
    return why_not(exchange.keeper.register, "test-agreement", publisher, recipient, day)


def test_both_controllers_must_have_signed() -> None:
    v1 = _version(1)
    assert _why(_exchange((v1, []))) is Reason.UNSIGNED_BY_PUBLISHER
    assert _why(_exchange((v1, ["council"]))) is Reason.UNSIGNED_BY_PUBLISHER
    assert _why(_exchange((v1, ["police-authority"]))) is Reason.UNSIGNED_BY_RECIPIENT
    assert _why(_exchange((v1, ["police-authority", "council"]))) is None


def test_a_late_partner_holds_up_nobody_else() -> None:
    exchange = _exchange((_version(1), ["police-authority", "council"]))
    assert _why(exchange, "police", "social-care") is None
    assert _why(exchange, "social-care", "police") is None
    assert _why(exchange, "police", "womens-aid") is Reason.UNSIGNED_BY_RECIPIENT
    assert _why(exchange, "womens-aid", "police") is Reason.UNSIGNED_BY_PUBLISHER


def _acting(**acts_as: str) -> dict[str, Any]:
    return {
        name.replace("_", "-"): {"acts_as": each, "keep_days": 1} for name, each in acts_as.items()
    }


def test_joint_controllers_must_all_sign_before_any_of_their_pairs() -> None:
    joint = "joint-controller"
    parties = _acting(police=joint, womens_aid=joint, social_care="controller")
    late = (_version(1, parties=parties), ["police-authority", "council"])
    assert _why(_exchange(late), "police", "social-care") is Reason.UNSIGNED_BY_JOINT_CONTROLLER
    assert _why(_exchange(late), "social-care", "police") is Reason.UNSIGNED_BY_JOINT_CONTROLLER
    exchange = _exchange(late)
    exchange.sign(late[0], "charity")
    assert _why(exchange, "police", "social-care") is None


def test_a_late_joint_controller_holds_up_no_pair_of_others() -> None:
    desks = _acting(police="controller", social_care="controller", womens_aid="joint-controller")
    exchange = _exchange((_version(1, parties=desks), ["police-authority", "council"]))
    assert _why(exchange, "police", "social-care") is None


def test_one_controller_signs_once_for_all_its_agencies() -> None:
    desks = {
        name: {"acts_as": "controller", "keep_days": 1}
        for name in ("police", "social-care", "adult-care")
    }
    exchange = _exchange((_version(1, parties=desks), ["council"]))
    assert _why(exchange, "social-care", "adult-care") is None
    assert _why(exchange, "adult-care", "social-care") is None
    assert _why(exchange, "social-care", "police") is Reason.UNSIGNED_BY_RECIPIENT


def test_an_agency_that_is_no_party_is_not_named_though_its_controller_signed() -> None:
    exchange = _exchange((_version(1), ALL))
    assert _why(exchange, "police", "adult-care") is Reason.NOT_NAMED
    assert _why(exchange, "adult-care", "police") is Reason.NOT_NAMED


def test_an_agency_or_agreement_nobody_knows_shares_nothing() -> None:
    exchange = _exchange((_version(1), ALL))
    register = exchange.keeper.register
    assert _why(exchange, "army", "social-care") is Reason.UNSIGNED_BY_PUBLISHER
    assert _why(exchange, "police", "army") is Reason.NOT_NAMED
    assert why_not(register, "nothing", "police", "social-care", TODAY) is not None


def test_it_stands_from_its_first_to_its_last_day_inclusive() -> None:
    exchange = _exchange((_version(1), ALL))
    days = {
        date(2025, 12, 31): Reason.NOT_YET_IN_FORCE,
        date(2026, 1, 1): None,
        date(2027, 12, 31): None,
        date(2028, 1, 1): Reason.EXPIRED,
    }
    assert {day: _why(exchange, day=day) for day in days} == days


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 6, 30, 22, 59, 59, tzinfo=UTC), date(2026, 6, 30)),
        (datetime(2026, 6, 30, 23, 0, tzinfo=UTC), date(2026, 7, 1)),
        (datetime(2026, 6, 30, 23, 30, tzinfo=UTC), date(2026, 7, 1)),
        (datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC), date(2026, 12, 31)),
        # Clocks change on 29 March and 25 October 2026.
        (datetime(2026, 3, 28, 23, 30, tzinfo=UTC), date(2026, 3, 28)),
        (datetime(2026, 3, 29, 23, 30, tzinfo=UTC), date(2026, 3, 30)),
        (datetime(2026, 10, 24, 23, 30, tzinfo=UTC), date(2026, 10, 25)),
        (datetime(2026, 10, 25, 23, 30, tzinfo=UTC), date(2026, 10, 25)),
    ],
)
def test_a_day_is_a_day_of_london(moment: datetime, day: date) -> None:
    assert london_day(moment) == day


def test_an_agreement_of_july_starts_at_23_utc_on_the_last_of_june() -> None:
    exchange = _exchange((_version(1, "2026-07-01"), ALL))

    def stopped(hour: int, minute: int) -> Reason | None:
        return why_unread(exchange, now=datetime(2026, 6, 30, hour, minute, tzinfo=UTC))

    assert stopped(22, 59) is Reason.NOT_YET_IN_FORCE
    assert stopped(23, 30) is None


def test_an_instant_is_written_in_utc() -> None:
    assert rfc3339(NOW) == "2026-11-22T12:00:00Z"


V2, V3, V4 = _version(2), _version(3), _version(4)


def test_the_highest_version_signed_and_started_counts() -> None:
    register = _exchange((V3, ALL), (V2, ALL), (_version(9, "2027-01-01"), ALL)).keeper.register
    assert version_for(register, "test-agreement", "police", TODAY) == 3
    assert version_for(register, "test-agreement", "police", date(2027, 1, 1)) == 9
    assert version_for(register, "test-agreement", "police", date(2025, 1, 1)) is None


def test_suspending_the_third_does_not_revive_the_second() -> None:
    exchange = _exchange((V2, ALL), (V3, ALL))
    exchange.notify(V3, "council", "suspend")
    assert _why(exchange) is Reason.SUSPENDED


def test_ending_the_third_does_not_revive_the_second() -> None:
    short = agreement_of(
        version=3,
        effective={"from": "2026-01-01", "until": "2026-11-21"},
        review_by="2026-11-01",
    )
    assert _why(_exchange((V2, ALL), (short, ALL))) is Reason.EXPIRED


def test_a_party_that_the_fourth_drops_gets_nothing_under_the_third() -> None:
    two = {
        "police": {"acts_as": "controller", "keep_days": 1},
        "social-care": {"acts_as": "controller", "keep_days": 1},
    }
    exchange = _exchange((V3, ALL), (_version(4, parties=two), ["police-authority", "council"]))
    assert _why(exchange, "police", "womens-aid") is Reason.NOT_NAMED
    assert _why(exchange) is None


def test_a_recipient_that_has_not_signed_the_fourth_by_its_start_gets_nothing() -> None:
    exchange = _exchange((V3, ALL), (_version(4, "2026-11-22"), ["police-authority", "charity"]))
    assert _why(exchange, day=date(2026, 11, 21)) is None
    assert _why(exchange) is Reason.UNSIGNED_BY_RECIPIENT
    assert _why(exchange, "police", "womens-aid") is None


def test_a_publisher_that_has_not_signed_the_fourth_goes_on_under_the_third() -> None:
    exchange = _exchange((V3, ALL), (V4, ["council", "charity"]))
    register = exchange.keeper.register
    assert version_for(register, "test-agreement", "police", TODAY) == 3
    assert _why(exchange) is None
    # Its own pairs only: those of the publishers that signed the fourth are under the fourth.
    assert version_for(register, "test-agreement", "social-care", TODAY) == 4
    assert _why(exchange, "social-care", "police") is Reason.UNSIGNED_BY_RECIPIENT


def test_the_fourth_signed_late_takes_over_at_once_and_for_good() -> None:
    exchange = _exchange((V3, ALL), (V4, ["council", "charity"]))
    exchange.sign(V4, "police-authority")
    assert version_for(exchange.keeper.register, "test-agreement", "police", TODAY) == 4
    assert _why(exchange) is None


def test_an_item_of_a_retired_version_is_superseded_unless_the_newer_one_sends_all_of_it() -> None:
    narrower = _version(5, "2026-11-24", shares=[share_of(send=["month"])])
    exchange = _exchange((V3, ALL), (_version(4, "2026-11-23"), ALL), (narrower, ALL))

    def stopped(version: int, day: int) -> Reason | None:
        now = datetime(2026, 11, day, 12, tzinfo=UTC)
        return why_unread(exchange, version=version, now=now)

    # The fourth sends the same, the fifth less.
    assert [stopped(3, day) for day in (22, 23, 24)] == [None, None, Reason.SUPERSEDED]
    assert [stopped(4, day) for day in (23, 24)] == [None, Reason.SUPERSEDED]
