from hypothesis import given
from hypothesis import strategies as st

from concordat.deliver.plan import Known, number, plan
from concordat.deliver.rows import Decided, RepeatRow
from unit.deliver.records import decided

FIRST, LATER = (0, 1), (0, 2)


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
    known = Known({event.event.identity: event.event.content}, {FIRST})
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
    known = Known({later.event.identity: b"first"}, {FIRST})
    result = plan([later], known)
    assert (result.events, result.deliveries) == ([], [])
    assert result.repeats == [RepeatRow(LATER, "//police", "event-1", "police", conflict=True)]


def test_a_conflict_within_one_batch_is_found_in_the_order_of_the_records() -> None:
    first = decided("event-1", LATER, "schools", content=b"first")
    second = decided("event-1", FIRST, "schools", content=b"second")
    result = plan([first, second], Known())
    assert [event.content for event in result.events] == [b"first"]
    assert [repeat.conflict for repeat in result.repeats] == [True]


def test_the_first_decision_of_an_admission_stands_under_any_identity() -> None:
    unread, read = decided("unreadable-0-1", FIRST), decided("event-1", FIRST, "schools")
    assert plan([unread, read], Known()).events == [unread.event]
    assert plan([read], Known({}, {FIRST})) == plan([], Known())


def test_the_same_id_of_two_sources_are_two_events() -> None:
    ours = decided("event-1", FIRST)
    theirs = decided("event-1", LATER, source="//nhs")
    assert len(plan([ours, theirs], Known()).events) == 2


def test_numbers_go_on_without_gaps_for_each_agency() -> None:
    deliveries = [
        *decided("event-1", FIRST, "schools", "social-care").deliveries,
        *decided("event-2", LATER, "schools").deliveries,
    ]
    numbered, last = number(deliveries, {"schools": 7, "social-care": 0})
    assert [(seq, one.agency) for seq, one in numbered] == [
        (8, "schools"),
        (1, "social-care"),
        (9, "schools"),
    ]
    assert last == {"schools": 9, "social-care": 1}


def test_a_delivery_that_is_there_already_takes_no_number() -> None:
    one, two = decided("event-1", FIRST, "schools", "social-care").deliveries
    numbered, last = number(
        [one, two, two], {"schools": 3, "social-care": 5}, {("schools", one.id)}
    )
    assert numbered == [(6, two)]
    assert last == {"social-care": 6}


_admissions = st.tuples(st.integers(0, 1), st.integers(0, 6))
_records = st.builds(
    lambda name, admission, content: decided(name, admission, "schools", content=content),
    st.sampled_from(["event-1", "event-2", "event-3"]),
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
        {event.identity: event.content for event in first.events},
        {event.admission for event in first.events}
        | {repeat.admission for repeat in first.repeats},
    )
    second = plan(records[max(0, cut - back) :], known)
    assert first.events + second.events == whole.events
    assert first.repeats + second.repeats == whole.repeats
    assert first.deliveries + second.deliveries == whole.deliveries
    assert len({event.identity for event in whole.events}) == len(whole.events)
