"""A rehearsal counts what routing would decide, and tells nothing of an event but its id."""

from typing import Any

import msgspec
import pytest

from builders import agreement_of, share_of
from concordat.agreements.parties import Agency
from concordat.agreements.reason import Reason
from concordat.agreements.rehearsing.rehearsal import Rehearsal, Rehearsed, read_past_event
from concordat.agreements.rehearsing.tally import EXAMPLES
from rehearsals import CATEGORIES, line, rehearsed, when

DRUGS = when(field="category", **{"is": "drugs"})
EITHER = when(field="category", **{"in": ["drugs", "robbery"]})


def test_a_recipient_gains_and_loses_what_only_one_of_both_shares_with_it() -> None:
    lines = [line(n, {"category": CATEGORIES[n % 3]}) for n in range(9)]
    wider = rehearsed(lines, EITHER, DRUGS).recipients["social-care"]
    assert (wider.shared, wider.shared_before) == (6, 3)
    assert wider.gained.events == 3
    assert wider.gained.examples == ["crime-000001", "crime-000004", "crime-000007"]
    assert wider.lost.events == 0
    narrower = rehearsed(lines, DRUGS, EITHER).recipients["social-care"]
    assert narrower.lost.examples == wider.gained.examples
    assert narrower.gained.events == 0


def test_against_nothing_all_that_is_shared_is_gained() -> None:
    found = rehearsed([line(1), line(2)], DRUGS).recipients["social-care"]
    assert (found.shared, found.shared_before, found.gained.events) == (2, 0, 2)


def test_an_agency_that_the_new_one_no_longer_names_loses_everything() -> None:
    old = agreement_of(shares=[share_of(to=["social-care", "womens-aid"])])
    found = rehearsed([line(1), line(2)], agreement_of(), old).recipients
    assert found["womens-aid"].lost.examples == ["crime-000001", "crime-000002"]
    assert found["womens-aid"].shared == 0
    assert found["social-care"].lost.events == 0


def test_events_that_both_share_may_bring_more_fields_and_fewer() -> None:
    old = agreement_of(shares=[share_of(send=["category", "month"])])
    new = agreement_of(shares=[share_of(send=["category", "district", "outcome"])])
    found = rehearsed([line(1), line(2)], new, old).recipients["social-care"]
    assert (found.gained.events, found.lost.events) == (0, 0)
    assert found.more.examples == found.fewer.examples == ["crime-000001", "crime-000002"]
    assert found.added == {"district": 2, "outcome": 2}
    assert found.removed == {"month": 2}


def test_more_fields_are_not_fewer_ones() -> None:
    few = agreement_of(shares=[share_of(send=["category"])])
    many = agreement_of(shares=[share_of(send=["category", "month"])])
    found = rehearsed([line(1)], many, few).recipients["social-care"]
    assert (found.more.events, found.fewer.events) == (1, 0)
    found = rehearsed([line(1)], few, many).recipients["social-care"]
    assert (found.more.events, found.fewer.events) == (0, 1)


def test_each_of_both_looks_at_its_own_fields() -> None:
    redditch = when(field="district", **{"is": "Redditch"})
    lines = [line(1), line(2, {"district": "Worcester"}), line(3, {"category": "robbery"})]
    for new, old in ((DRUGS, redditch), (redditch, DRUGS)):
        found = rehearsed(lines, new, old).recipients["social-care"]
        assert (found.shared, found.shared_before) == (2, 2)
        assert found.gained.examples != found.lost.examples
        assert (found.gained.events, found.lost.events) == (1, 1)


def test_fields_are_compared_over_all_that_a_recipient_gets_of_an_event() -> None:
    laws = agreement_of().model_dump(mode="json")["laws"]
    two_laws = {"protect": laws["protect"], "other": laws["protect"]}
    split = agreement_of(
        laws=two_laws,
        shares=[
            share_of(id="one", send=["category"]),
            share_of(id="two", send=["month"], law="other"),
        ],
    )
    found = rehearsed([line(1)], split, agreement_of()).recipients["social-care"]
    assert (found.shared, found.deliveries) == (1, 2)
    assert (found.more.events, found.fewer.events) == (0, 0)


def test_every_share_is_counted_that_held_and_says_for_which_events() -> None:
    new = agreement_of(
        shares=[
            share_of(id="all"),
            share_of(id="drugs", when=[{"field": "category", "is": "drugs"}]),
        ]
    )
    lines = [line(1), line(2, {"category": "robbery"}), line(3)]
    found = rehearsed(lines, new).recipients["social-care"]
    assert {share: held.events for share, held in found.shares.items()} == {"all": 3, "drugs": 2}
    assert found.shares["drugs"].examples == ["crime-000001", "crime-000003"]
    assert (found.shared, found.deliveries) == (3, 3)


def test_ten_examples_are_the_first_ten_whatever_decided_them() -> None:
    # Two shares hold alternately: two ways to be decided, one order.
    new = agreement_of(
        shares=[
            share_of(id="drugs", when=[{"field": "category", "is": "drugs"}]),
            share_of(id="robbery", when=[{"field": "category", "is": "robbery"}]),
        ]
    )
    lines = [line(n, {"category": CATEGORIES[n % 2]}) for n in range(40)]
    gained = rehearsed(lines, new).recipients["social-care"].gained
    assert gained.events == 40
    assert gained.examples == [f"crime-{n:06d}" for n in range(EXAMPLES)]


def test_results_may_be_asked_for_in_between() -> None:
    rehearsal = Rehearsal(EITHER, DRUGS)
    for n in range(30):
        rehearsal.add(read_past_event(line(n, {"category": "robbery"})))
        assert rehearsal.result().recipients["social-care"].gained.events == n + 1
    gained = rehearsal.result().recipients["social-care"].gained
    assert gained.examples == [f"crime-{n:06d}" for n in range(EXAMPLES)]


def test_what_is_withheld_is_counted_by_reason_and_field() -> None:
    new = when(field="district", **{"is": "Redditch"})
    lines = [
        line(1),
        line(2, {"district": "Worcester"}),
        line(3, {"district": "Wyre Forest"}),
        line(4, {"district": None}),
        line(5, withholdfrom="womens-aid,social-care"),
    ]
    found = rehearsed(lines, new).recipients["social-care"]
    assert found.withheld == {
        (Reason.CONDITION_FALSE, "district"): 2,
        (Reason.FIELD_UNKNOWN, "district"): 1,
        (Reason.DENIED_BY_PUBLISHER, None): 1,
    }
    assert found.shared == 1


def test_a_recipient_by_identifier_is_found_by_what_it_is_registered_as() -> None:
    new = agreement_of(
        groups={"districts": ["social-care", "womens-aid"]},
        shares=[share_of(to=[{"group": "districts", "whose": "gss", "is": "district"}])],
    )
    agencies = {
        agency: Agency.model_validate(
            {
                "schema": "concordat/agency/v1",
                "id": agency,
                "name": agency,
                "controller": agency,
                "identifiers": {"gss": gss},
            }
        )
        for agency, gss in (("social-care", "Redditch"), ("womens-aid", "Worcester"))
    }
    lines = [line(1), line(2), line(3, {"district": "Worcester"}), line(4, {"district": None})]
    found = rehearsed(lines, new, agencies=agencies).recipients
    assert (found["social-care"].shared, found["womens-aid"].shared) == (2, 1)
    assert found["womens-aid"].withheld == {
        (Reason.NOT_ADDRESSED, "district"): 2,
        (Reason.FIELD_UNKNOWN, "district"): 1,
    }


def test_events_for_which_nobody_is_named_are_untouched() -> None:
    lines = [
        line(1),
        line(2, type="triage.response-given.v1"),
        line(3, source="//somebody-else"),
        line(4, type="no.such-type.v1"),
    ]
    found = rehearsed(lines, DRUGS)
    assert (found.events, found.untouched, found.decided, found.repeats) == (4, 3, 1, 0)


def test_an_event_for_which_only_the_old_one_names_somebody_is_decided() -> None:
    old = agreement_of(shares=[share_of(event="triage.response-given.v1", send=[])])
    found = rehearsed([line(1, type="triage.response-given.v1")], DRUGS, old)
    assert (found.untouched, found.decided) == (0, 1)
    assert found.recipients["social-care"].lost.events == 1


def test_a_repeat_counts_once_and_only_from_the_same_publisher() -> None:
    new = agreement_of(shares=[share_of(**{"from": ["police", "womens-aid"]})])
    found = rehearsed([line(1), line(1, {"month": "2025-11"}), line(1, source="//womens-aid")], new)
    assert (found.events, found.repeats, found.decided) == (3, 1, 2)
    assert found.recipients["social-care"].shared == 2


def test_what_a_condition_cannot_read_raises_and_counts_nothing() -> None:
    rehearsal = Rehearsal(DRUGS)
    with pytest.raises(msgspec.ValidationError) as raised:
        rehearsal.add(read_past_event(line(1, {"category": ["Karen Bloggs"]})))
    assert "Bloggs" not in str(raised.value)
    assert rehearsal.result() == Rehearsed()
    rehearsal.add(read_past_event(line(1)))  # it did not count as the first
    assert rehearsal.result().decided == 1


@pytest.mark.parametrize(
    "changes",
    [{"id": "short"}, {"id": "a name with spaces"}, {"id": "crime-0001\n"}, {"source": "police"}],
)
def test_an_id_that_could_say_something_is_not_read(changes: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError) as raised:
        read_past_event(line(1, **changes))
    assert "name" not in str(raised.value)
