"""A notice stops its controller's pairs, up to its version, whatever else is the matter."""

from datetime import date
from typing import Any

from builders import Exchange, agreement_of
from concordat.agreements.document import Agreement
from concordat.agreements.reason import Reason
from concordat.agreements.standing import why_not

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


V2, V3 = _version(2), _version(3)


def test_a_notice_stops_the_pairs_of_its_controller_only() -> None:
    exchange = _exchange((V3, ALL))
    exchange.notify(V3, "charity", "suspend")
    assert _why(exchange) is None
    assert _why(exchange, "police", "womens-aid") is Reason.SUSPENDED
    assert _why(exchange, "womens-aid", "police") is Reason.SUSPENDED
    assert _why(exchange, "social-care", "womens-aid") is Reason.SUSPENDED


def test_either_side_may_stop_the_pair() -> None:
    for controller in ("police-authority", "council"):
        exchange = _exchange((V3, ALL))
        exchange.notify(V3, controller, "withdraw")
        assert _why(exchange) is Reason.WITHDRAWN


def test_a_withdrawal_outweighs_a_suspension_in_either_order() -> None:
    for actions in (("suspend", "withdraw"), ("withdraw", "suspend")):
        exchange = _exchange((V3, ALL))
        for action in actions:
            exchange.notify(V3, "council", action)
        assert _why(exchange) is Reason.WITHDRAWN


def test_a_notice_stops_its_version_and_every_lower_one_and_no_higher() -> None:
    exchange = _exchange((V2, ALL), (_version(3, "2026-11-22"), ALL))
    exchange.notify(V2, "council", "withdraw")
    assert _why(exchange, day=date(2026, 11, 21)) is Reason.WITHDRAWN
    assert _why(exchange) is None
    higher = _exchange((V2, ALL), (_version(3, "2026-11-22"), ALL))
    higher.notify(V3, "council", "withdraw")
    assert _why(higher, day=date(2026, 11, 21)) is Reason.WITHDRAWN
    assert _why(higher) is Reason.WITHDRAWN


def test_a_stop_is_told_before_a_missing_signature_or_an_end() -> None:
    exchange = _exchange((V3, ["police-authority"]))
    exchange.notify(V3, "council", "withdraw")
    assert _why(exchange) is Reason.WITHDRAWN
    assert _why(exchange, day=date(2030, 1, 1)) is Reason.WITHDRAWN
