"""An assumed register: signed by everybody, in force on the agreement's own days."""

from builders import Exchange, agreement_of, share_of
from concordat.agreements.book import Book
from concordat.agreements.rehearsing.assumed import assume_signed
from rehearsals import line, rehearsed


def test_an_agreement_is_rehearsed_as_if_all_had_signed_whatever_the_day() -> None:
    past = {"from": "2001-01-01", "until": "2001-12-31"}
    parties = {
        "police": {"acts_as": "joint-controller", "keep_days": 1},
        "social-care": {"acts_as": "controller", "keep_days": 1},
        "womens-aid": {"acts_as": "joint-controller", "keep_days": 1},
    }
    new = agreement_of(effective=past, parties=parties, shares=[share_of(requires=["womens-aid"])])
    found = rehearsed([line(1)], new).recipients["social-care"]
    assert (found.shared, found.withheld) == (1, {})


def test_an_assumed_register_keeps_who_is_behind_an_agency() -> None:
    exchange = Exchange()
    register = assume_signed(
        [agreement_of()],
        agencies=exchange.keeper.register.agencies,
        controllers=exchange.keeper.register.controllers,
    )
    assert register.signatures == {
        ("test-agreement", 1, "police-authority"),
        ("test-agreement", 1, "council"),
        ("test-agreement", 1, "charity"),
    }
    assert exchange.keeper.register.signatures == set()


def test_the_book_of_an_assumed_register_plans_for_the_days_of_the_agreement_only() -> None:
    agreement = agreement_of()
    book = Book(assume_signed([agreement]))
    first, last = agreement.effective.from_, agreement.effective.until
    kind = "community-safety.crime-recorded.v1"
    for day in (first, last):
        plan = book.plan(kind, "police", day)
        assert plan is not None
        assert plan.candidates[0].groups
    before = book.plan(kind, "police", first.replace(year=first.year - 1))
    assert before is not None
    assert before.candidates[0].groups == ()
