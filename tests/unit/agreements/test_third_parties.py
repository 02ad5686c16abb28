"""A share may need the word of parties that are neither of its ends."""

import itertools
from typing import Any

import pytest

from builders import NOW, Exchange, agreement_of, share_of
from concordat.agreements.day import london_day
from concordat.agreements.decide import decide
from concordat.agreements.decision import Decision
from concordat.agreements.reason import Reason

BEHIND = {"womens-aid": "charity", "adult-care": "trust"}
ENDS = ["police-authority", "council"]
SIGNED: list[set[str]] = [set(), {"charity"}, {"trust"}, {"charity", "trust"}]
REQUIRED = [[*names] for n in (1, 2) for names in itertools.permutations(BEHIND, n)]


def _exchange(signed: set[str], shares: list[dict[str, Any]]) -> Exchange:
    exchange = Exchange(
        {
            "police-authority": ["police"],
            "council": ["social-care"],
            "charity": ["womens-aid"],
            "trust": ["adult-care"],
        }
    )
    party = {"acts_as": "controller", "keep_days": 30}
    parties = dict.fromkeys(("police", "social-care", *BEHIND), party)
    agreement = agreement_of(parties=parties, shares=shares)
    exchange.add(agreement, signed_by=[*ENDS, *sorted(signed)])
    return exchange


def _decide(exchange: Exchange) -> Decision:
    plan = exchange.book.plan("community-safety.crime-recorded.v1", "police", london_day(NOW))
    return decide(plan, b'{"category":"drugs","month":"2025-12"}', frozenset())


@pytest.mark.parametrize("required", REQUIRED)
@pytest.mark.parametrize("signed", SIGNED)
def test_every_third_party_must_have_signed_and_the_other_shares_go_on(
    required: list[str], signed: set[str]
) -> None:
    shares = [share_of(requires=required), share_of(id="free", send=["district"])]
    (grant,) = _decide(_exchange(signed, shares)).grants
    missing = [name for name in required if BEHIND[name] not in signed]
    assert grant.shares == (("free",) if missing else ("all-crimes", "free"))
    assert grant.view.fields == (("district",) if missing else ("category", "district", "month"))


@pytest.mark.parametrize("signed", SIGNED)
def test_who_is_not_required_need_not_sign(signed: set[str]) -> None:
    assert len(_decide(_exchange(signed, [share_of()])).grants) == 1


def test_a_missing_third_party_is_told_unless_another_share_comes_nearer() -> None:
    needs = share_of(id="needs", requires=["womens-aid"])
    other = share_of(id="other", when=[{"field": "category", "is": "burglary"}])
    for shares, reason, share in (
        ([needs], Reason.UNSIGNED_BY_THIRD_PARTY, "needs"),
        ([needs, other], Reason.CONDITION_FALSE, "other"),
        ([other, needs], Reason.CONDITION_FALSE, "other"),
    ):
        (withheld,) = _decide(_exchange(set(), shares)).withheld
        assert (withheld.reason, withheld.share) == (reason, share)


def test_a_third_party_is_asked_before_the_conditions() -> None:
    never = [{"field": "category", "is": "burglary"}]
    share = share_of(requires=["womens-aid"], when=never)
    (withheld,) = _decide(_exchange(set(), [share])).withheld
    assert (withheld.reason, withheld.field) == (Reason.UNSIGNED_BY_THIRD_PARTY, None)


def test_an_end_may_be_required_and_has_signed_anyway() -> None:
    assert len(_decide(_exchange(set(), [share_of(requires=["social-care"])])).grants) == 1
