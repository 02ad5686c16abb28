import pytest
from hypothesis import given
from hypothesis import strategies as st

from concordat.deliver.errors import LogMadeAgain
from concordat.deliver.plan import First, Known, plan
from concordat.deliver.rows import Decided, RepeatRow
from unit.deliver.records import decided, redecided

FIRST, LATER = (0, 1), (0, 2)


def known_as(event: Decided) -> Known:
    """What is known once `event` is stored."""
    row = event.event
    places = {} if row.admission is None else {row.admission: row.identity}
    return Known({row.identity: First(row.content, row.admission)}, places)


def test_a_new_event_is_stored_and_delivered_to_everyone_it_is_shared_with() -> None:
    event = decided("event-1", FIRST, "schools", "social-care")
    result = plan([event], Known())
    assert result.events == [event.event]
    assert result.deliveries == list(event.deliveries)
    assert len(result.deliveries) == 2
    assert result.repeats == []


def test_a_record_written_again_has_no_effect() -> None:
    event = decided("event-1", FIRST, "schools")
    once = plan([event], Known())
    assert plan([event, event], Known()) == once
    known = known_as(event)
    assert plan([event], known) == plan([], Known())


def test_a_record_written_again_with_another_decision_does_not_change_the_first() -> None:
    first, again = decided("event-1", FIRST), decided("event-1", FIRST, "schools")
    assert plan([first, again], Known()) == plan([first], Known())


def test_a_later_admission_of_the_same_content_is_a_repeat_that_delivers_nothing() -> None:
    first, later = decided("event-1", FIRST, "schools"), decided("event-1", LATER, "schools")
    result = plan([first, later], Known())
    assert result.events == [first.event]
    assert result.deliveries == list(first.deliveries)
    assert result.repeats == [RepeatRow(LATER, "//police", "event-1", "police", conflict=False)]


def test_a_later_admission_of_another_content_is_a_conflict_that_delivers_nothing() -> None:
    later = decided("event-1", LATER, "schools", content=b"other")
    known = Known({later.event.identity: First(b"first", FIRST)}, {FIRST: later.event.identity})
    result = plan([later], known)
    assert (result.events, result.deliveries) == ([], [])
    assert result.repeats == [RepeatRow(LATER, "//police", "event-1", "police", conflict=True)]


def test_a_conflict_within_one_batch_is_found_in_the_order_of_the_records() -> None:
    first = decided("event-1", LATER, "schools", content=b"first")
    second = decided("event-1", FIRST, "schools", content=b"second")
    result = plan([first, second], Known())
    assert [event.content for event in result.events] == [b"first"]
    assert [repeat.conflict for repeat in result.repeats] == [True]


def test_what_could_not_be_read_stays_decided_when_it_can_be() -> None:
    unread = decided("unreadable-0-1", FIRST, source="//unreadable")
    read = decided("event-1", FIRST, "schools")
    assert plan([unread, read], Known()).events == [unread.event]
    assert plan([read, unread], Known()).events == [read.event]
    assert plan([read], known_as(unread)) == plan([], Known())


def test_a_known_place_of_another_event_is_of_another_log() -> None:
    old, new = decided("event-1", FIRST, "schools"), decided("event-2", FIRST, "schools")
    with pytest.raises(LogMadeAgain, match="concordat recover"):
        plan([new], known_as(old))
    with pytest.raises(LogMadeAgain, match="incidents"):
        plan([old, new], Known())


def test_an_event_without_a_place_is_known_and_not_decided_again() -> None:
    event, later = decided("event-1", FIRST, "schools"), decided("event-1", LATER, "schools")
    row = event.event
    known = Known({row.identity: First(row.content, None)})
    result = plan([later], known)
    assert (result.events, result.deliveries) == ([], [])
    assert (result.repeats, result.placed) == ([], {later.event.identity: LATER})


def test_the_same_id_of_two_sources_are_two_events() -> None:
    ours = decided("event-1", FIRST)
    theirs = decided("event-1", LATER, source="//nhs")
    assert len(plan([ours, theirs], Known()).events) == 2


_admissions = st.tuples(st.integers(0, 1), st.integers(0, 6))
_records = st.builds(
    lambda place, content: decided(f"event-{sum(place) % 3}", place, "schools", content=content),
    _admissions,
    st.sampled_from([b"a", b"b"]),
)


@given(st.lists(_records, max_size=12), st.integers(0, 12), st.integers(0, 12))
def test_any_cut_into_batches_and_any_replay_stores_the_same(
    records: list[Decided], cut: int, back: int
) -> None:
    whole = plan(records, Known())
    first = plan(records[:cut], Known())
    known = Known(
        {event.identity: First(event.content, event.admission) for event in first.events},
        {place: row.identity for row in first.events if (place := row.admission)}
        | {place: (row.source, row.id) for row in first.repeats if (place := row.admission)},
    )
    second = plan(records[max(0, cut - back) :], known)
    assert first.events + second.events == whole.events
    assert first.repeats + second.repeats == whole.repeats
    assert first.deliveries + second.deliveries == whole.deliveries
    assert len({event.identity for event in whole.events}) == len(whole.events)


def test_an_admission_in_a_log_that_is_gone_decides_what_is_not_known() -> None:
    old = decided("event-1", FIRST, "schools").parted()
    result = plan([old], Known())
    assert [event.admission for event in result.events] == [None]
    assert result.deliveries == list(old.deliveries)


def test_an_admission_in_a_log_that_is_gone_leaves_its_place_to_the_log_of_now() -> None:
    old, new = decided("event-1", FIRST, "schools").parted(), decided("event-2", FIRST, "schools")
    for records in ([old, new], [new, old]):
        result = plan(records, Known())
        assert result.events == [record.event for record in records]
        assert len(result.deliveries) == 2
    assert plan([new], known_as(old)).events == [new.event]


def test_an_event_of_a_log_that_is_gone_has_its_place_where_it_is_admitted_again() -> None:
    old, new = decided("event-1", FIRST, "schools"), decided("event-1", LATER, "schools")
    identity, third = new.event.identity, decided("event-1", (0, 3), "schools")
    repeat = RepeatRow((0, 3), "//police", "event-1", "police", conflict=False)
    for result in (
        plan([old.parted(), new, new, third], Known()),
        plan([new, new, third], known_as(old.parted())),
    ):
        assert result.placed == {identity: LATER}
        assert result.repeats == [repeat]
    other = decided("event-1", LATER, "schools", content=b"other")
    assert plan([other], known_as(old.parted())).placed == {}


def test_an_admission_in_a_log_that_is_gone_may_be_the_known_one() -> None:
    old = decided("event-1", FIRST, "schools")
    for known in (known_as(old), known_as(old.parted())):
        assert plan([old.parted()], known) == plan([], Known())


def test_a_conflict_in_a_log_that_is_gone_is_one() -> None:
    old = decided("event-1", LATER, "schools", content=b"other").parted()
    result = plan([old], known_as(decided("event-1", FIRST, "schools")))
    assert (result.events, result.deliveries) == ([], [])
    assert result.repeats == [RepeatRow(None, "//police", "event-1", "police", conflict=True)]


def test_a_replay_in_a_log_that_is_gone_is_ignored() -> None:
    event = decided("event-1", FIRST).parted()
    again = redecided("event-1", FIRST, "schools", replay="replay-1").parted()
    result = plan([again], known_as(event))
    assert (result.ignored, result.deliveries, result.redecisions) == (1, [], [])


def test_a_replay_decides_the_first_admission_again_and_stores_no_event() -> None:
    event = decided("event-1", FIRST)
    again = redecided("event-1", FIRST, "schools", replay="replay-1")
    result = plan([again], known_as(event))
    assert (result.events, result.repeats) == ([], [])
    assert [(row.agency, row.replay) for row in result.redecisions] == [("schools", "replay-1")]
    assert result.deliveries == list(again.deliveries)
    # It may stand in one batch with the decision it follows.
    assert plan([event, again], Known()).deliveries == list(again.deliveries)


def test_a_replay_of_what_is_not_known_or_not_first_has_no_effect() -> None:
    event = decided("event-1", FIRST, content=b"first")
    later = redecided("event-1", LATER, "schools", replay="replay-1")
    unknown = redecided("event-2", LATER, "schools", replay="replay-1")
    result = plan([later, unknown], known_as(event))
    assert (result.deliveries, result.redecisions, result.repeats) == ([], [], [])
    assert result.ignored == 2
    # The replay came before the decision: the record by the normal path is the first.
    assert plan([unknown, decided("event-2", LATER)], Known()).redecisions == []


def test_a_replay_written_again_has_no_effect_whatever_it_says() -> None:
    event = decided("event-1", FIRST)
    once = redecided("event-1", FIRST, replay="replay-1", withheld_from="schools")
    other = redecided("event-1", FIRST, "schools", replay="replay-1")
    result = plan([event, once, other, other], Known())
    assert result.redecisions == list(once.redecisions)
    assert result.deliveries == []
    known = Known(
        known_as(event).events, {FIRST: event.event.identity}, {row.key for row in once.redecisions}
    )
    assert plan([once, other], known) == plan([], Known())
    again = redecided("event-1", FIRST, "schools", replay="replay-2")
    assert plan([again], known).deliveries == list(again.deliveries)


def test_one_replay_may_name_several_agencies_one_after_the_other() -> None:
    event = decided("event-1", FIRST)
    schools = redecided("event-1", FIRST, "schools", replay="replay-1")
    care = redecided("event-1", FIRST, "social-care", replay="replay-1")
    result = plan([event, schools, care, schools], Known())
    assert [row.agency for row in result.redecisions] == ["schools", "social-care"]
    assert [row.agency for row in result.deliveries] == ["schools", "social-care"]
