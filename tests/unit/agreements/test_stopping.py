"""Which pairs notices stop, and what ends a suspension of one."""

from typing import Any

import pytest

from builders import NOW, Exchange, agreement_of, share_of
from concordat.agreements.document import Agreement
from concordat.agreements.reason import Reason
from concordat.agreements.register import Register
from concordat.agreements.standing import why_not
from concordat.agreements.stopping import (
    StoppedPair,
    lifted_suspensions,
    open_suspensions,
    pairs_of,
    withdrawals,
)
from signed_notices import notice_of, refusals, say, why_unread

BOTH = ["social-care", "womens-aid"]
V1 = agreement_of(
    shares=[
        share_of(to=BOTH),
        share_of(**{"id": "back", "from": ["social-care"], "to": ["police"]}),
    ]
)
TO_CARE, TO_AID, BACK = (
    ("police", "social-care"),
    ("police", "womens-aid"),
    ("social-care", "police"),
)


def _exchange(*versions: Agreement) -> Exchange:
    exchange = Exchange()
    for agreement in versions or (V1,):
        exchange.add(agreement)
    return exchange


def _why(exchange: Exchange, publisher: str, recipient: str) -> Reason | None:
    register = exchange.keeper.register
    return why_not(register, "test-agreement", publisher, recipient, NOW.date())


def test_a_notice_that_names_pairs_stops_no_other() -> None:
    exchange = _exchange()
    say(exchange, V1, "police-authority", "suspend", pairs=[TO_CARE])
    assert [_why(exchange, *pair) for pair in (TO_CARE, TO_AID, BACK)] == [
        Reason.SUSPENDED,
        None,
        None,
    ]


def test_both_sides_end_a_suspension_and_each_may_do_so_for_some_pairs() -> None:
    exchange = _exchange()
    digest = say(exchange, V1, "police-authority", "suspend")
    say(exchange, V1, "council", "resume", resumes=digest)
    say(exchange, V1, "police-authority", "resume", resumes=digest, pairs=[TO_CARE])
    assert [_why(exchange, *pair) for pair in (TO_CARE, TO_AID, BACK)] == [
        None,
        Reason.SUSPENDED,
        Reason.SUSPENDED,
    ]
    assert lifted_suspensions(exchange.keeper.register) == [
        StoppedPair(digest, "test-agreement", 1, *TO_CARE)
    ]


def test_two_suspensions_of_one_pair_both_have_to_end() -> None:
    exchange = _exchange()
    first = say(exchange, V1, "police-authority", "suspend")
    second = say(exchange, V1, "council", "suspend")
    for digest in (first, second):
        assert why_unread(exchange) is Reason.SUSPENDED
        for controller in ("council", "police-authority"):
            say(exchange, V1, controller, "resume", resumes=digest)
    assert why_unread(exchange) is None


def test_one_controller_on_both_ends_resumes_alone() -> None:
    parties = {name: {"acts_as": "controller", "keep_days": 1} for name in ("adult-care", *BOTH)}
    agreement = agreement_of(
        parties=parties, shares=[share_of(**{"from": ["adult-care"], "to": BOTH})]
    )
    exchange = _exchange(agreement)
    digest = say(exchange, agreement, "council", "suspend")
    say(exchange, agreement, "council", "resume", resumes=digest)
    assert _why(exchange, "adult-care", "social-care") is None
    assert _why(exchange, "adult-care", "womens-aid") is Reason.SUSPENDED


def test_a_withdrawal_is_listed_for_each_pair_that_ever_shared() -> None:
    exchange = _exchange()
    digest = say(exchange, V1, "council", "withdraw")
    assert withdrawals(exchange.keeper.register) == [
        StoppedPair(digest, "test-agreement", 1, *pair) for pair in (TO_CARE, BACK)
    ]
    assert lifted_suspensions(exchange.keeper.register) == []


@pytest.mark.parametrize(
    ("controller", "pairs", "expected"),
    [
        ("police-authority", [], [TO_CARE, TO_AID, BACK]),
        ("charity", [], [TO_AID]),
        ("council", [BACK], [BACK]),
    ],
)
def test_a_notice_speaks_for_its_controllers_pairs(
    controller: str, pairs: list[tuple[str, str]], expected: list[tuple[str, str]]
) -> None:
    notice = notice_of(V1, controller, "suspend", pairs=pairs)
    assert pairs_of(_exchange().keeper.register, notice) == expected


REQUIRING = agreement_of(shares=[share_of(requires=["womens-aid"]), share_of(id="without")])


def _shares_that_stand(exchange: Exchange) -> list[bool]:
    return [why_unread(exchange, shares=(share,)) is None for share in ("all-crimes", "without")]


def test_a_third_party_takes_its_word_back_and_gives_it_again_alone() -> None:
    exchange = _exchange(REQUIRING)
    assert _shares_that_stand(exchange) == [True, True]
    digest = say(exchange, REQUIRING, "charity", "suspend")
    assert why_unread(exchange) is Reason.SUSPENDED
    assert _shares_that_stand(exchange) == [False, True]
    say(exchange, REQUIRING, "charity", "resume", resumes=digest)
    assert _shares_that_stand(exchange) == [True, True]
    assert lifted_suspensions(exchange.keeper.register) == [
        StoppedPair(digest, "test-agreement", 1, *TO_CARE)
    ]


def test_a_third_partys_notice_about_some_pairs_says_nothing_of_others() -> None:
    exchange = _exchange(REQUIRING)
    to_police = ("womens-aid", "police")
    say(exchange, REQUIRING, "charity", "suspend", pairs=[to_police])
    assert _shares_that_stand(exchange) == [True, True]
    digest = say(exchange, REQUIRING, "charity", "suspend")
    say(exchange, REQUIRING, "charity", "resume", resumes=digest, pairs=[to_police])
    assert _shares_that_stand(exchange) == [False, True]


def test_who_may_still_resume_what() -> None:
    exchange = _exchange()
    register = exchange.keeper.register
    digest = say(exchange, V1, "council", "suspend", pairs=[TO_CARE])
    say(exchange, V1, "council", "withdraw", pairs=[BACK])

    def awaited() -> list[str]:
        every = ("charity", "council", "police-authority")
        return [each for each in every if open_suspensions(register, "test-agreement", each)]

    assert awaited() == ["council", "police-authority"]
    say(exchange, V1, "council", "resume", resumes=digest)
    assert awaited() == ["police-authority"]
    say(exchange, V1, "police-authority", "resume", resumes=digest)
    assert awaited() == []
    assert refusals(exchange) == []


def _said(**changes: Any) -> list[tuple[str, str]]:
    exchange = _exchange()
    content: dict[str, Any] = {"controller": "charity", "action": "suspend", **changes}
    say(exchange, V1, **content)
    return refusals(exchange)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"pairs": [TO_CARE]}, "a notice for the pairs of others"),
        ({"pairs": [TO_AID, TO_CARE]}, "a notice for the pairs of others"),
        (
            {"pairs": [("womens-aid", "adult-care")]},
            "a notice for a pair that is not of this agreement",
        ),
        (
            {"pairs": [("womens-aid", "nobody")]},
            "a notice for a pair that is not of this agreement",
        ),
        (
            {"pairs": [("womens-aid", "womens-aid")]},
            "a notice for a pair that is not of this agreement",
        ),
        ({"version": 2}, "a notice of a version that is not registered"),
        ({"agreement": "another"}, "a notice by a controller that is behind no party"),
        (
            {"action": "resume", "resumes": "0" * 64},
            "a resumption of no suspension of this version",
        ),
    ],
)
def test_a_notice_that_could_stop_or_end_nothing_of_its_own_is_refused(
    changes: dict[str, Any], why: str
) -> None:
    assert _said(**changes) == [("notice", why)]


def test_a_withdrawal_and_a_resumption_are_not_resumed() -> None:
    exchange = _exchange()
    withdrawn = say(exchange, V1, "council", "withdraw")
    suspended = say(exchange, V1, "council", "suspend")
    resumed = say(exchange, V1, "council", "resume", resumes=suspended)
    for digest in (withdrawn, resumed):
        say(exchange, V1, "council", "resume", resumes=digest)
    assert refusals(exchange) == [("notice", "a resumption of no suspension of this version")] * 2


def test_a_suspension_is_resumed_under_its_own_version_only() -> None:
    second = agreement_of(version=2)
    exchange = _exchange(V1, second)
    digest = say(exchange, second, "council", "suspend")
    say(exchange, V1, "council", "resume", resumes=digest)
    assert refusals(exchange) == [("notice", "a resumption of no suspension of this version")]


def test_an_empty_register_has_stopped_and_lifted_nothing() -> None:
    register = Register()
    assert (lifted_suspensions(register), withdrawals(register)) == ([], [])
