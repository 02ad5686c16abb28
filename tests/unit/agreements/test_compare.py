"""What a new agreement gives beyond an old one: truths that anybody can check by eye."""

import pytest

from comparing import (
    HIGH,
    MEDIUM,
    Plain,
    agreement,
    comparison,
    rows_of,
    share,
    verdicts_of,
    with_conditions,
)
from concordat.agreements.comparison.change import Example, Given, Verdict


@pytest.mark.parametrize(
    ("old", "new", "verdict"),
    [
        ([], [], "SAME"),
        ([], [HIGH], "NARROWER"),
        ([HIGH], [], "WIDER"),
        ([HIGH], [MEDIUM], "WIDER"),
        ([{"field": "grade", "in": ["high"]}], [HIGH], "SAME"),
        ([{"field": "grade", "in": ["standard", "medium", "high"]}], [], "SAME"),
        ([{"field": "grade", "present": True}], [], "SAME"),
        ([{"field": "ticks", "present": True}], [], "WIDER"),
        ([{"field": "ticks", "present": True}], [{"field": "ticks", "at_least": 0}], "SAME"),
        ([{"field": "ticks", "at_least": 3}], [{"field": "ticks", "at_least": 2}], "WIDER"),
        ([{"field": "ticks", "at_least": 2}], [{"field": "ticks", "at_least": 3}], "NARROWER"),
        ([{"field": "ticks", "less_than": 28}], [{"field": "ticks", "present": True}], "SAME"),
        ([{"field": "ticks", "less_than": 27}], [{"field": "ticks", "present": True}], "WIDER"),
        ([{"field": "pregnant", "is": True}], [{"field": "pregnant", "present": True}], "WIDER"),
        (
            [{"field": "offences", "includes": "stalking"}],
            [{"field": "offences", "includes": "assault"}],
            "WIDER",
        ),
        (
            [{"field": "victim.dob", "is": "1990-01-01"}],
            [{"field": "victim.dob", "in": ["1990-01-01", "1990-01-02"]}],
            "WIDER",
        ),
    ],
)
def test_one_share_with_other_conditions(old: list[Plain], new: list[Plain], verdict: str) -> None:
    assert verdicts_of(with_conditions(*old), with_conditions(*new)) == {
        ("social-care", None): verdict,
        ("social-care", "ref"): verdict,
    }


def test_without_an_old_agreement_everything_is_new() -> None:
    found = comparison(None, with_conditions(HIGH))
    assert [(row.field, row.verdict) for row in found.changes] == [
        (None, "NEW"),
        ("ref", "NEW"),
    ]
    assert found.gains == found.changes
    assert found.terms == ()


def test_a_row_names_the_shares_and_the_laws_on_both_sides() -> None:
    old = agreement(share("a"), share("b", when=[HIGH], law="support"))
    new = agreement(share("c", law="support"))
    row = rows_of(old, new)["social-care", "ref"]
    assert row.before == Given(("a", "b"), ("protect", "support"))
    assert row.now == Given(("c",), ("support",))
    assert row.verdict is Verdict.SAME
    assert row.moved


def test_the_same_law_is_no_move() -> None:
    row = rows_of(agreement(share("a")), agreement(share("b")))["social-care", "ref"]
    assert not row.moved
    assert not rows_of(None, agreement(share("b")))["social-care", "ref"].moved


def test_gains_and_losses_of_one_row_are_both_told_with_an_example_each() -> None:
    row = rows_of(with_conditions(HIGH), with_conditions(MEDIUM))["social-care", "ref"]
    assert (row.verdict, row.also_narrower) == (Verdict.WIDER, True)
    assert row.gained == Example({"grade": "medium"})
    assert row.lost == Example({"grade": "high"})
    assert row.gain


def test_a_gain_alone_has_no_loss() -> None:
    row = rows_of(with_conditions(HIGH), with_conditions())["social-care", "ref"]
    assert (row.verdict, row.also_narrower, row.lost) == (Verdict.WIDER, False, None)


def test_fields_that_come_and_go_in_a_delivery_that_stays() -> None:
    old = agreement(share(send=["ref", "grade"]))
    new = agreement(share(send=["ref", "child_count"]))
    assert verdicts_of(old, new) == {
        ("social-care", None): "SAME",
        ("social-care", "child_count"): "NEW",
        ("social-care", "grade"): "GONE",
        ("social-care", "ref"): "SAME",
    }


def test_a_signal_without_data_is_a_row_of_its_own() -> None:
    old = with_conditions(HIGH)
    new = agreement(share(when=[HIGH]), share("signal", send=[], when=[MEDIUM]))
    assert verdicts_of(old, new) == {("social-care", None): "WIDER", ("social-care", "ref"): "SAME"}


def test_several_shares_together_equal_one() -> None:
    parts = [
        share(f"part-{number}", when=[{"field": "grade", "is": grade}])
        for number, grade in enumerate(("standard", "medium", "high"))
    ]
    assert set(verdicts_of(agreement(*parts), agreement(share())).values()) == {"SAME"}
    assert set(verdicts_of(agreement(*parts[:2]), agreement(share())).values()) == {"WIDER"}


def test_what_is_sent_under_two_laws_counts_together() -> None:
    old = agreement(share("a", law="protect"), share("b", law="support", when=[HIGH]))
    new = agreement(share("a", law="protect", when=[HIGH]), share("b", law="support"))
    assert set(verdicts_of(old, new).values()) == {"SAME"}


def test_what_contradicts_itself_reaches_nobody() -> None:
    contradictory = with_conditions(HIGH, MEDIUM)
    assert comparison(None, contradictory).changes == ()
    assert set(verdicts_of(contradictory, with_conditions()).values()) == {"NEW"}
    assert set(verdicts_of(with_conditions(), contradictory).values()) == {"GONE"}


def test_never_send_takes_the_field_and_its_coarsenings() -> None:
    one = share(send=["ref", "victim.dob", {"field": "victim.dob", "as": "year"}])
    verdicts = verdicts_of(agreement(one), agreement(one, never_send=["victim.dob"]))
    assert verdicts["social-care", "victim.dob"] == "GONE"
    assert verdicts["social-care", "victim.dob as year"] == "GONE"
    assert verdicts["social-care", "ref"] == "SAME"


def test_less_of_a_field_that_was_sent_whole_is_new_but_no_gain() -> None:
    whole = agreement(share(send=["victim.dob"]))
    year = agreement(share(send=[{"field": "victim.dob", "as": "year"}]))
    row = rows_of(whole, year)["social-care", "victim.dob as year"]
    assert (row.verdict, row.part_of, row.gain) == (Verdict.NEW, ("victim.dob",), False)
    assert comparison(whole, year).gains == ()
    assert rows_of(year, whole)["social-care", "victim.dob"].gain


def test_less_of_a_field_for_more_events_is_a_gain() -> None:
    whole = agreement(share(send=["victim.dob"], when=[HIGH]))
    year = agreement(share(send=[{"field": "victim.dob", "as": "year"}]))
    row = rows_of(whole, year)["social-care", "victim.dob as year"]
    assert (row.verdict, row.part_of, row.gain) == (Verdict.NEW, (), True)


@pytest.mark.parametrize(
    ("before", "now", "part"),
    [
        ("month", "year", True),
        ("year", "month", False),
        ("year", "present", True),
        ("present", "year", False),
    ],
)
def test_a_coarsening_holds_the_coarser_ones(before: str, now: str, part: bool) -> None:
    old, new = (
        agreement(share(send=[{"field": "victim.dob", "as": each}])) for each in (before, now)
    )
    row = rows_of(old, new)["social-care", f"victim.dob as {now}"]
    assert (bool(row.part_of), row.gain) == (part, not part)


def test_a_dropped_third_signature_widens() -> None:
    required = agreement(share(requires=["probation"]))
    row = rows_of(required, agreement(share()))["social-care", "ref"]
    assert (row.verdict, row.gained) == (Verdict.WIDER, Example({}, ("probation",)))
    assert set(verdicts_of(agreement(share()), required).values()) == {"NARROWER"}
    other = agreement(share(requires=["womens-aid"]))
    assert set(verdicts_of(required, other).values()) == {"WIDER"}


def test_what_stands_wherever_the_person_stands_narrows_nothing() -> None:
    supervised = {"field": "alleged_perpetrator.supervised", "is": True}
    with_ref = with_conditions(supervised, {"field": "alleged_perpetrator.ref", "present": True})
    assert set(verdicts_of(with_ref, with_conditions(supervised)).values()) == {"SAME"}
    with_name = with_conditions(supervised, {"field": "alleged_perpetrator.name", "present": True})
    assert set(verdicts_of(with_name, with_conditions(supervised)).values()) == {"WIDER"}
