"""What a new agreement gives beyond an old one: truths that anybody can check by eye."""

from itertools import combinations
from typing import Annotated, Any

import pytest
from pydantic import Field

from builders import agreement_of, share_of
from concordat.agreements.change import Change, Example, Given, Verdict
from concordat.agreements.change_sentence import DELIVERY, name_of_row, sentence_of
from concordat.agreements.compare import Comparison, compare
from concordat.agreements.document import Agreement
from concordat.agreements.parties import Agency
from concordat_events.catalogue import CATALOGUE
from concordat_events.fields import Data, N

Plain = dict[str, Any]

INCIDENT = "domestic-abuse.incident-recorded.v1"
BASIS = ["gdpr-6-1-e"]
LAW = {"gateway": "ca2004-s11", "publisher_basis": BASIS, "recipient_basis": BASIS}
# What the small agreement adds to the builder's: a school with a URN, one without, a second law.
PARTIES = ("police", "social-care", "womens-aid", "oak-school", "ash-school", "probation")
GROUPS = {"carers": ["social-care", "womens-aid"], "schools": ["oak-school", "ash-school"]}
BY_URN = {"group": "schools", "whose": "urn", "is": "relationship"}
BY_GSS = {"group": "schools", "whose": "gss", "is": "location.district"}
HIGH = {"field": "grade", "is": "high"}
MEDIUM = {"field": "grade", "is": "medium"}


def _agency(name: str, **identifiers: str) -> Agency:
    return Agency.model_validate(
        {
            "schema": "concordat/agency/v1",
            "id": name,
            "name": name,
            "controller": f"{name}-board",
            "identifiers": identifiers or None,
        }
    )


AGENCIES = {name: _agency(name) for name in PARTIES}
AGENCIES["oak-school"] = _agency("oak-school", urn="100001", gss="E07000238")


def _share(share_id: Any = "a", **changes: Any) -> Plain:
    return share_of(**{"id": share_id, "event": INCIDENT, "send": ["ref"], **changes})


def _agreement(*shares: Plain, **changes: Any) -> Agreement:
    content = {
        "parties": {name: {"acts_as": "controller", "keep_days": 30} for name in PARTIES},
        "groups": GROUPS,
        "laws": {"protect": LAW, "support": LAW},
        "shares": list(shares),
    }
    return agreement_of(**{**content, **changes})


def _compare(old: Agreement | None, new: Agreement) -> Comparison:
    return compare(old, new, CATALOGUE, AGENCIES)


def _rows(old: Agreement | None, new: Agreement) -> dict[tuple[str, str | None], Change]:
    changes = _compare(old, new).changes
    rows = {(each.ends.recipient, each.field): each for each in changes}
    assert len(rows) == len(changes)
    return rows


def _verdicts(old: Agreement | None, new: Agreement) -> dict[tuple[str, str | None], str]:
    return {key: str(row.verdict) for key, row in _rows(old, new).items()}


def _when(*conditions: Plain, **changes: Any) -> Agreement:
    return _agreement(_share(when=list(conditions), **changes))


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
    assert _verdicts(_when(*old), _when(*new)) == {
        ("social-care", None): verdict,
        ("social-care", "ref"): verdict,
    }


def test_without_an_old_agreement_everything_is_new() -> None:
    comparison = _compare(None, _when(HIGH))
    assert [(row.field, row.verdict) for row in comparison.changes] == [
        (None, "NEW"),
        ("ref", "NEW"),
    ]
    assert comparison.gains == comparison.changes
    assert comparison.terms == ()


def test_a_row_names_the_shares_and_the_laws_on_both_sides() -> None:
    old = _agreement(_share("a"), _share("b", when=[HIGH], law="support"))
    new = _agreement(_share("c", law="support"))
    row = _rows(old, new)["social-care", "ref"]
    assert row.before == Given(("a", "b"), ("protect", "support"))
    assert row.now == Given(("c",), ("support",))
    assert row.verdict is Verdict.SAME
    assert row.moved


def test_the_same_law_is_no_move() -> None:
    row = _rows(_agreement(_share("a")), _agreement(_share("b")))["social-care", "ref"]
    assert not row.moved
    assert not _rows(None, _agreement(_share("b")))["social-care", "ref"].moved


def test_gains_and_losses_of_one_row_are_both_told_with_an_example_each() -> None:
    row = _rows(_when(HIGH), _when(MEDIUM))["social-care", "ref"]
    assert (row.verdict, row.also_narrower) == (Verdict.WIDER, True)
    assert row.gained == Example({"grade": "medium"})
    assert row.lost == Example({"grade": "high"})
    assert row.gain


def test_a_gain_alone_has_no_loss() -> None:
    row = _rows(_when(HIGH), _when())["social-care", "ref"]
    assert (row.verdict, row.also_narrower, row.lost) == (Verdict.WIDER, False, None)


def test_fields_that_come_and_go_in_a_delivery_that_stays() -> None:
    old = _agreement(_share(send=["ref", "grade"]))
    new = _agreement(_share(send=["ref", "child_count"]))
    assert _verdicts(old, new) == {
        ("social-care", None): "SAME",
        ("social-care", "child_count"): "NEW",
        ("social-care", "grade"): "GONE",
        ("social-care", "ref"): "SAME",
    }


def test_a_signal_without_data_is_a_row_of_its_own() -> None:
    old = _when(HIGH)
    new = _agreement(_share(when=[HIGH]), _share("signal", send=[], when=[MEDIUM]))
    assert _verdicts(old, new) == {("social-care", None): "WIDER", ("social-care", "ref"): "SAME"}


def test_several_shares_together_equal_one() -> None:
    parts = [
        _share(f"part-{number}", when=[{"field": "grade", "is": grade}])
        for number, grade in enumerate(("standard", "medium", "high"))
    ]
    assert set(_verdicts(_agreement(*parts), _agreement(_share())).values()) == {"SAME"}
    assert set(_verdicts(_agreement(*parts[:2]), _agreement(_share())).values()) == {"WIDER"}


def test_what_is_sent_under_two_laws_counts_together() -> None:
    old = _agreement(_share("a", law="protect"), _share("b", law="support", when=[HIGH]))
    new = _agreement(_share("a", law="protect", when=[HIGH]), _share("b", law="support"))
    assert set(_verdicts(old, new).values()) == {"SAME"}


def test_a_group_is_its_members() -> None:
    named = _agreement(_share(to=["social-care", "womens-aid"]))
    grouped = _agreement(_share(to=["@carers"]))
    assert set(_verdicts(named, grouped).values()) == {"SAME"}
    joined = _agreement(
        _share(to=["@carers"]), groups={**GROUPS, "carers": [*PARTIES[1:3], "oak-school"]}
    )
    assert {key for key, verdict in _verdicts(grouped, joined).items() if verdict == "NEW"} == {
        ("oak-school", None),
        ("oak-school", "ref"),
    }


def test_a_recipient_by_identifier_gets_only_what_names_it() -> None:
    named = _agreement(_share(to=["oak-school"]))
    picked = _agreement(_share(to=[BY_URN]))
    assert _verdicts(named, picked) == {
        ("oak-school", None): "NARROWER",
        ("oak-school", "ref"): "NARROWER",
    }
    row = _rows(picked, named)["oak-school", "ref"]
    assert (row.verdict, row.gained) == (Verdict.WIDER, Example({"relationship": "another value"}))


def test_who_has_no_such_identifier_is_never_reached() -> None:
    assert {recipient for recipient, _ in _rows(None, _agreement(_share(to=[BY_URN])))} == {
        "oak-school"
    }


def test_an_identifier_written_out_as_a_condition_is_the_same() -> None:
    written = _agreement(
        _share(to=["oak-school"], when=[{"field": "relationship", "is": "100001"}])
    )
    assert set(_verdicts(_agreement(_share(to=[BY_URN])), written).values()) == {"SAME"}


def test_any_of_several_identifiers_may_pick() -> None:
    one, both = _agreement(_share(to=[BY_URN])), _agreement(_share(to=[BY_URN, BY_GSS]))
    assert set(_verdicts(one, both).values()) == {"WIDER"}
    assert set(_verdicts(both, one).values()) == {"NARROWER"}
    outright = _agreement(_share(to=[BY_URN, "oak-school"]))
    assert _verdicts(outright, _agreement(_share(to=["oak-school"])))["oak-school", "ref"] == "SAME"


def test_nobody_receives_from_itself() -> None:
    own = _agreement(_share(**{"from": ["police", "social-care"]}))
    assert {row.ends.publisher for row in _compare(None, own).changes} == {"police"}


def test_every_publisher_is_a_row() -> None:
    new = _agreement(_share(**{"from": ["police", "probation"]}))
    changes = _compare(_agreement(_share()), new).changes
    assert [(row.ends.publisher, row.field, row.verdict) for row in changes] == [
        ("police", None, "SAME"),
        ("police", "ref", "SAME"),
        ("probation", None, "NEW"),
        ("probation", "ref", "NEW"),
    ]


def test_what_contradicts_itself_reaches_nobody() -> None:
    contradictory = _when(HIGH, MEDIUM)
    assert _compare(None, contradictory).changes == ()
    assert set(_verdicts(contradictory, _when()).values()) == {"NEW"}
    assert set(_verdicts(_when(), contradictory).values()) == {"GONE"}


def test_never_send_takes_the_field_and_its_coarsenings() -> None:
    share = _share(send=["ref", "victim.dob", {"field": "victim.dob", "as": "year"}])
    verdicts = _verdicts(_agreement(share), _agreement(share, never_send=["victim.dob"]))
    assert verdicts["social-care", "victim.dob"] == "GONE"
    assert verdicts["social-care", "victim.dob as year"] == "GONE"
    assert verdicts["social-care", "ref"] == "SAME"


def test_less_of_a_field_that_was_sent_whole_is_new_but_no_gain() -> None:
    whole = _agreement(_share(send=["victim.dob"]))
    year = _agreement(_share(send=[{"field": "victim.dob", "as": "year"}]))
    row = _rows(whole, year)["social-care", "victim.dob as year"]
    assert (row.verdict, row.part_of, row.gain) == (Verdict.NEW, ("victim.dob",), False)
    assert _compare(whole, year).gains == ()
    assert _rows(year, whole)["social-care", "victim.dob"].gain


def test_less_of_a_field_for_more_events_is_a_gain() -> None:
    whole = _agreement(_share(send=["victim.dob"], when=[HIGH]))
    year = _agreement(_share(send=[{"field": "victim.dob", "as": "year"}]))
    row = _rows(whole, year)["social-care", "victim.dob as year"]
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
        _agreement(_share(send=[{"field": "victim.dob", "as": each}])) for each in (before, now)
    )
    row = _rows(old, new)["social-care", f"victim.dob as {now}"]
    assert (bool(row.part_of), row.gain) == (part, not part)


def test_a_dropped_third_signature_widens() -> None:
    required = _agreement(_share(requires=["probation"]))
    row = _rows(required, _agreement(_share()))["social-care", "ref"]
    assert (row.verdict, row.gained) == (Verdict.WIDER, Example({}, ("probation",)))
    assert set(_verdicts(_agreement(_share()), required).values()) == {"NARROWER"}
    other = _agreement(_share(requires=["womens-aid"]))
    assert set(_verdicts(required, other).values()) == {"WIDER"}


def test_what_stands_wherever_the_person_stands_narrows_nothing() -> None:
    supervised = {"field": "alleged_perpetrator.supervised", "is": True}
    with_ref = _when(supervised, {"field": "alleged_perpetrator.ref", "present": True})
    assert set(_verdicts(with_ref, _when(supervised)).values()) == {"SAME"}
    with_name = _when(supervised, {"field": "alleged_perpetrator.name", "present": True})
    assert set(_verdicts(with_name, _when(supervised)).values()) == {"WIDER"}


def test_an_agency_that_is_addressed_but_not_known_is_an_error() -> None:
    known = {name: agency for name, agency in AGENCIES.items() if name != "ash-school"}
    with pytest.raises(KeyError):
        compare(None, _agreement(_share(to=[BY_URN])), CATALOGUE, known)


Hole = Annotated[int, Field(ge=0, le=8), N]


class Pigeons(Data):
    """Ten of them, and nine holes: two share one, but that takes long to see."""

    p0: Hole
    p1: Hole
    p2: Hole
    p3: Hole
    p4: Hole
    p5: Hole
    p6: Hole
    p7: Hole
    p8: Hole
    p9: Hole


def _pigeon_shares() -> list[Plain]:
    fields = list(Pigeons.model_fields)
    return [
        share_of(
            id=f"{one}-{other}-{hole}",
            event="test.pigeons-kept.v1",
            when=[{"field": one, "is": hole}, {"field": other, "is": hole}],
            send=["p0"],
        )
        for one, other in combinations(fields, 2)
        for hole in range(9)
    ]


def test_what_is_too_large_to_tell_is_said_and_never_the_same() -> None:
    parts = agreement_of(shares=_pigeon_shares())
    whole = agreement_of(shares=[share_of(event="test.pigeons-kept.v1", send=["p0"])])
    catalogue = {"test.pigeons-kept.v1": Pigeons}
    widened = compare(parts, whole, catalogue, AGENCIES)
    assert {row.verdict for row in widened.changes} == {Verdict.MAY_WIDEN}
    assert widened.gains == widened.changes
    assert "too many conditions to tell" in sentence_of(widened.changes[0])
    narrowed = compare(whole, parts, catalogue, AGENCIES)
    assert {row.verdict for row in narrowed.changes} == {Verdict.MAY_NARROW}
    assert narrowed.gains == ()
    # The same shares are the same, however many.
    assert {row.verdict for row in compare(parts, parts, catalogue, AGENCIES).changes} == {
        Verdict.SAME
    }


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (None, [], "now sent; under a"),
        ([HIGH], [HIGH], "sent as before; under a"),
        (
            [HIGH],
            [MEDIUM],
            "now also sent, for example, when grade is medium; "
            "no longer sent, for example, when grade is high; under a",
        ),
        (
            [],
            [{"field": "pregnant", "is": True}],
            "no longer sent, for example, when pregnant is false; under a",
        ),
        (
            [{"field": "offences", "present": True}],
            [],
            "now also sent, for example, when offences is missing; under a",
        ),
        (
            [{"field": "offences", "includes": "stalking"}],
            [{"field": "offences", "present": True}],
            "now also sent, for example, when offences holds none of the codes named; under a",
        ),
    ],
)
def test_a_change_in_words(old: list[Plain] | None, new: list[Plain], sentence: str) -> None:
    row = _rows(None if old is None else _when(*old), _when(*new))["social-care", "ref"]
    assert sentence_of(row) == sentence


def test_other_shares_and_laws_are_said_beside_it() -> None:
    row = _rows(_agreement(_share("a")), _agreement(_share("b", law="support")))[
        "social-care", None
    ]
    assert name_of_row(row) == DELIVERY
    assert sentence_of(row) == "sent as before; under b (before: a); law protect -> support"
    gone = _rows(_agreement(_share("a")), _agreement(_share("b", to=["womens-aid"])))
    assert sentence_of(gone["social-care", "ref"]) == "no longer sent; was under a"
