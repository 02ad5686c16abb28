"""What waits is as old as the first look that saw it, whatever came or went since."""

from concordat.stack.live_records import EndsSeen, Place, Waiting

A, B = Place("incidents", 0), Place("routed", 0)


def test_nothing_waits_where_every_position_is_at_its_end() -> None:
    seen = EndsSeen()
    assert seen.look({A: 10, B: 3}, {A: 10, B: 3}, at=1.0).seconds == 0
    assert seen.look({A: 10, B: 3}, {A: 10, B: 3}, at=9.0).seconds == 0


def test_what_waits_is_as_old_as_the_look_that_saw_it() -> None:
    seen = EndsSeen()
    seen.look({A: 10}, {A: 10}, at=1.0)
    assert seen.look({A: 12}, {A: 10}, at=2.0) == Waiting("incidents", 0.0)
    assert seen.look({A: 12}, {A: 10}, at=2.5) == Waiting("incidents", 0.5)


def test_what_came_later_is_younger() -> None:
    seen = EndsSeen()
    seen.look({A: 12}, {A: 10}, at=2.0)
    seen.look({A: 15}, {A: 10}, at=3.0)
    assert seen.look({A: 15}, {A: 11}, at=3.5) == Waiting("incidents", 1.5)
    assert seen.look({A: 15}, {A: 12}, at=3.5) == Waiting("incidents", 0.5)
    assert seen.look({A: 15}, {A: 15}, at=3.5).seconds == 0


def test_the_oldest_of_all_places_counts_and_is_named() -> None:
    seen = EndsSeen()
    seen.look({A: 1, B: 0}, {A: 0, B: 0}, at=0.0)
    seen.look({A: 1, B: 5}, {A: 0, B: 0}, at=1.0)
    assert seen.look({A: 1, B: 5}, {A: 0, B: 0}, at=2.0) == Waiting("incidents", 2.0)
    assert seen.look({A: 1, B: 5}, {A: 1, B: 0}, at=2.0) == Waiting("routed", 1.0)


def test_a_place_that_was_never_read_waits_from_its_start() -> None:
    seen = EndsSeen()
    seen.look({A: 4}, {}, at=0.0)
    assert seen.look({A: 4}, {}, at=0.2) == Waiting("incidents", 0.2)


def test_a_position_beyond_the_end_that_was_asked_before_it_waits_for_nothing() -> None:
    seen = EndsSeen()
    assert seen.look({A: 4}, {A: 6}, at=0.0).seconds == 0
