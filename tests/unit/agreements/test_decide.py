"""The decision: who gets which union of fields, who gets nothing and why, and what wins."""

import itertools
import json
from typing import Any

import msgspec
import pytest

from builders import BASIS, NOW, Exchange, agreement_of, share_of
from concordat.agreements.book import Book
from concordat.agreements.day import london_day
from concordat.agreements.decide import decide
from concordat.agreements.decision import Decision, Grant, Withheld
from concordat.agreements.document import Agreement
from concordat.agreements.reason import Reason

CRIME = "community-safety.crime-recorded.v1"
LAWS = {
    "protect": {"gateway": "ca2004-s11", "publisher_basis": BASIS, "recipient_basis": BASIS},
    "support": {
        "gateway": "common-law",
        "publisher_basis": BASIS,
        "recipient_basis": ["gdpr-6-1-ea"],
    },
}


def _book(*agreements: Agreement) -> Book:
    exchange = Exchange()
    for agreement in agreements:
        exchange.add(agreement)
    return exchange.book


def _decide(book: Book, *, denied: str = "", publisher: str = "police", **data: Any) -> Decision:
    plan = book.plan(CRIME, publisher, london_day(NOW))
    content = {"category": "drugs", "month": "2025-12", "district": "Redditch", **data}
    return decide(plan, json.dumps(content).encode(), frozenset(denied.split(",")))


def _told(grant: Grant) -> tuple[str, str, str, tuple[str, ...], tuple[str, ...]]:
    return (grant.agency, grant.agreement, grant.law, grant.shares, grant.view.fields)


def _is(field: str, value: Any) -> dict[str, Any]:
    return {"field": field, "is": value}


def test_shares_under_one_law_are_one_delivery_with_the_union_of_their_fields() -> None:
    book = _book(
        agreement_of(
            shares=[share_of(send=["category"]), share_of(id="more", send=["month", "category"])]
        )
    )
    assert [_told(grant) for grant in _decide(book).grants] == [
        (
            "social-care",
            "test-agreement",
            "protect",
            ("all-crimes", "more"),
            ("category", "month"),
        )
    ]


def test_only_the_shares_that_hold_give_their_fields() -> None:
    shares = [
        share_of(id="always", send=["month"]),
        share_of(id="if-drugs", send=["category"], when=[_is("category", "drugs")]),
        share_of(id="if-redditch", send=["district"], when=[_is("district", "Redditch")]),
    ]
    book = _book(agreement_of(shares=shares))
    for drugs, redditch in itertools.product((True, False), repeat=2):
        (grant,) = _decide(
            book,
            category="drugs" if drugs else "burglary",
            district="Redditch" if redditch else "Wychavon",
        ).grants
        fields = ["category"] * drugs + ["district"] * redditch + ["month"]
        assert grant.view.fields == tuple(fields)
        assert grant.shares == ("always",) + ("if-drugs",) * drugs + ("if-redditch",) * redditch


def test_two_laws_are_two_deliveries() -> None:
    book = _book(
        agreement_of(
            laws=LAWS,
            shares=[share_of(send=["category"]), share_of(id="b", send=["month"], law="support")],
        )
    )
    grants = _decide(book).grants
    assert [_told(grant)[2:] for grant in grants] == [
        ("protect", ("all-crimes",), ("category",)),
        ("support", ("b",), ("month",)),
    ]
    assert [(grant.gateway, grant.lawful_basis) for grant in grants] == [
        ("ca2004-s11", ",".join(BASIS)),
        ("common-law", "gdpr-6-1-ea"),
    ]


def test_two_agreements_are_two_deliveries() -> None:
    book = _book(
        agreement_of(shares=[share_of(send=["category"])]),
        agreement_of(id="other", shares=[share_of(send=["month"])]),
    )
    assert [_told(grant)[1:] for grant in _decide(book).grants] == [
        ("test-agreement", "protect", ("all-crimes",), ("category",)),
        ("other", "protect", ("all-crimes",), ("month",)),
    ]


def test_one_agreement_that_shares_is_enough() -> None:
    other = agreement_of(id="other", shares=[share_of(when=[_is("category", "burglary")])])
    decision = _decide(_book(agreement_of(), other))
    assert len(decision.grants) == 1
    assert decision.withheld == []


def test_a_publisher_never_delivers_to_itself() -> None:
    book = _book(agreement_of(shares=[share_of(to=["police", "social-care"])]))
    assert [grant.agency for grant in _decide(book).grants] == ["social-care"]


def test_who_is_named_nowhere_is_no_candidate() -> None:
    decision = _decide(_book(agreement_of()))
    assert ([each.agency for each in decision.grants], decision.withheld) == (["social-care"], [])
    assert _decide(_book(agreement_of()), publisher="womens-aid") == Decision()
    assert _decide(_book()) == Decision()


def test_all_conditions_must_hold_and_the_first_that_fails_is_told() -> None:
    when = [_is("category", "drugs"), _is("district", "Redditch"), _is("outcome", "charged")]
    book = _book(agreement_of(shares=[share_of(when=when)]))
    assert len(_decide(book, outcome="charged").grants) == 1

    def why(reason: Reason, field: str) -> list[Withheld]:
        return [Withheld("social-care", reason, "test-agreement", 1, "all-crimes", field)]

    assert _decide(book, category="x").withheld == why(Reason.CONDITION_FALSE, "category")
    assert _decide(book, district="x").withheld == why(Reason.CONDITION_FALSE, "district")
    assert _decide(book, outcome="x").withheld == why(Reason.CONDITION_FALSE, "outcome")
    assert _decide(book, outcome=None).withheld == why(Reason.FIELD_UNKNOWN, "outcome")
    assert _decide(book).withheld == why(Reason.FIELD_UNKNOWN, "outcome")
    assert _decide(book, category="x", outcome=None).withheld[0].field == "category"


def test_an_unknown_field_comes_nearer_to_sharing_than_a_false_condition() -> None:
    false, unknown = _is("category", "burglary"), _is("outcome", "charged")
    for order in itertools.permutations([false, unknown]):
        shares = [share_of(id=f"s-{n}", when=[each]) for n, each in enumerate(order)]
        (withheld,) = _decide(_book(agreement_of(shares=shares))).withheld
        assert (withheld.reason, withheld.field) == (Reason.FIELD_UNKNOWN, "outcome")


def test_data_of_another_type_cannot_be_decided() -> None:
    book = _book(agreement_of(shares=[share_of(when=[_is("category", "drugs")])]))
    with pytest.raises(msgspec.DecodeError):
        _decide(book, category={"a": 1})


NEVER = "district"


@pytest.mark.parametrize(
    ("denied", "withdrawn", "never"), list(itertools.product([False, True], repeat=3))
)
def test_denial_withdrawal_and_never_send_win_in_any_combination(
    denied: bool, withdrawn: bool, never: bool
) -> None:
    agreement = agreement_of(
        field_sets={"all": ["category", "month"]},
        shares=[share_of(send=["@all"])],
        never_send=[NEVER] if never else [],
    )
    exchange = Exchange()
    exchange.add(agreement)
    other = agreement_of(id="other", shares=[share_of(to=["womens-aid"])])
    exchange.add(other)
    if withdrawn:
        exchange.notify(agreement, "council", "withdraw")
    decision = _decide(exchange.book, denied="social-care,adult-care" if denied else "")
    granted = {grant.agency: grant.view.fields for grant in decision.grants}
    reasons = {each.agency: each.reason for each in decision.withheld}
    expected = ("category", "month")
    if denied:
        assert reasons == {"social-care": Reason.DENIED_BY_PUBLISHER}
    elif withdrawn:
        assert reasons == {"social-care": Reason.WITHDRAWN}
    else:
        assert granted["social-care"] == expected
    # Whatever stops one recipient, the other agreement's goes on.
    assert granted["womens-aid"] == expected
    assert len(decision.grants) + len(decision.withheld) == 2


def test_never_send_wins_over_every_way_to_name_a_field() -> None:
    # Such an agreement is refused on reading; should one ever be built, the field stays out.
    agreement = agreement_of(
        field_sets={"all": ["district", "month"]},
        shares=[share_of(send=["@all", "district", "category"], sealed=["district"])],
        never_send=["district"],
    )
    assert agreement.sent(agreement.shares[0]) == {"category", "month"}


def test_who_denies_tells_nobody_what_was_denied() -> None:
    (withheld,) = _decide(_book(agreement_of()), denied="social-care").withheld
    assert withheld == Withheld("social-care", Reason.DENIED_BY_PUBLISHER)


def test_groups_are_resolved_and_each_recipient_is_served_once() -> None:
    book = _book(
        agreement_of(
            groups={"partners": ["social-care", "womens-aid"], "again": ["womens-aid"]},
            shares=[share_of(to=["@partners", "womens-aid", "@again"])],
        )
    )
    assert [grant.agency for grant in _decide(book).grants] == ["social-care", "womens-aid"]


def test_a_signal_without_data_is_a_delivery() -> None:
    (grant,) = _decide(_book(agreement_of(shares=[share_of(send=[])]))).grants
    assert msgspec.json.encode(grant.view.project(b'{"category":"drugs"}')) == b"{}"


def test_yesterdays_standing_is_not_todays() -> None:
    book = _book(
        agreement_of(
            effective={"from": "2026-11-22", "until": "2026-11-22"}, review_by="2026-11-22"
        )
    )
    today = london_day(NOW)
    for day, shared in ((0, True), (1, False), (0, True), (-1, False)):
        plan = book.plan(CRIME, "police", today.replace(day=today.day + day))
        decision = decide(plan, b'{"category":"drugs"}', frozenset())
        assert bool(decision.grants) is shared


def test_yesterdays_plans_are_not_kept() -> None:
    book = _book(agreement_of())
    today = london_day(NOW)
    for day in (today.replace(day=21), today, today):
        book.plan(CRIME, "police", day)
        book.plan(CRIME, "womens-aid", day)
    assert set(book._plans) == {(CRIME, "police", today), (CRIME, "womens-aid", today)}
