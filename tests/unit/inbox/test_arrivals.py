from concordat.inbox.arrivals import Arrivals


def test_an_arrival_wakes_all_readers_of_that_inbox_and_no_other() -> None:
    arrivals = Arrivals()
    first, second, other = arrivals.next("a"), arrivals.next("a"), arrivals.next("b")
    arrivals.announce("a")
    assert first.is_set()
    assert second.is_set()
    assert not other.is_set()


def test_an_arrival_counts_once() -> None:
    arrivals = Arrivals()
    arrivals.next("a")
    arrivals.announce("a")
    assert not arrivals.next("a").is_set()


def test_an_arrival_nobody_waits_for_is_no_arrival_later() -> None:
    arrivals = Arrivals()
    arrivals.announce("a")
    assert not arrivals.next("a").is_set()


def test_closing_wakes_everybody_for_good() -> None:
    arrivals = Arrivals()
    waiting = [arrivals.next("a"), arrivals.next("b")]
    arrivals.close()
    assert arrivals.closed
    assert all(event.is_set() for event in waiting)
    assert arrivals.next("c").is_set()
