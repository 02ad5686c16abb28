"""Any past state of the register can be had again: what was recorded by then, and no more."""

import json
from datetime import UTC, datetime, timedelta

from builders import Exchange, agreement_of, crime
from concordat.agreements.explaining.explain import explain
from concordat.agreements.history import History
from concordat.agreements.reason import Reason

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def _written() -> tuple[History, Exchange, int]:
    """A signed agreement, a record a minute; then a withdrawal. Returns the withdrawal's offset."""
    exchange = Exchange()
    agreement = agreement_of()
    exchange.add(agreement)
    exchange.notify(agreement, "council", "withdraw")
    assert exchange.keeper.register.refused == []
    history = History()
    for offset, (key, value) in enumerate(exchange.log):
        history.add(key, value, offset=offset, recorded_at=START + offset * MINUTE)
    return history, exchange, len(exchange.log) - 1


def _why(history: History, instant: datetime) -> Reason | None:
    data = json.dumps(crime()["data"]).encode()
    told = explain(history.book_at(instant), crime()["type"], "police", data, frozenset(), instant)
    (candidate,) = told.candidates
    return candidate.reason


def test_before_a_withdrawal_the_event_was_shared_and_from_its_instant_on_it_was_not() -> None:
    history, _, withdrawal = _written()
    withdrawn_at = START + withdrawal * MINUTE
    assert _why(history, withdrawn_at - timedelta(microseconds=1)) is None
    assert _why(history, withdrawn_at) is Reason.WITHDRAWN
    assert _why(history, withdrawn_at + timedelta(days=1)) is Reason.WITHDRAWN


def test_each_instant_has_the_records_up_to_it() -> None:
    history, exchange, _ = _written()
    assert history.book_at(START - MINUTE).register_offset == 0
    assert history.book_at(START - MINUTE).agencies == {}
    for count in range(1, len(exchange.log) + 1):
        book = history.book_at(START + (count - 1) * MINUTE)
        assert book.register_offset == count
    assert book.register.notices == exchange.book.register.notices
    assert book.register.signatures == exchange.book.register.signatures


def test_a_key_is_judged_at_the_moment_its_signature_was_recorded() -> None:
    """Otherwise an answer about the past would depend on when it is asked."""
    exchange = Exchange()
    agreement = agreement_of()
    exchange.add(agreement)
    history = History()
    for offset, (key, value) in enumerate(exchange.log):
        history.add(key, value, offset=offset, recorded_at=datetime(2019, 1, 1, tzinfo=UTC))
    book = history.book_at(START)
    assert book.register.signatures == set()  # its keys count from 2020 on
    assert len(book.register.refused) == 3


def test_the_last_answer_is_kept_until_another_state_is_asked_for() -> None:
    history, _, withdrawal = _written()
    before = history.book_at(START + (withdrawal - 1) * MINUTE)
    assert history.book_at(START + withdrawal * MINUTE - timedelta(seconds=1)) is before
    after = history.book_at(START + withdrawal * MINUTE)
    assert after is not before
    assert history.book_at(START + timedelta(days=9)) is after


def test_a_record_that_is_added_later_is_in_the_next_answer() -> None:
    history, _, withdrawal = _written()
    late = START + timedelta(days=1)
    before = history.book_at(late)
    history.add("agency/nobody", b"{}", offset=withdrawal + 1, recorded_at=late)
    assert history.book_at(late).register_offset == before.register_offset + 1


def test_a_record_read_twice_is_one() -> None:
    history, _, withdrawal = _written()
    history.add("agency/nobody", b"{}", offset=withdrawal, recorded_at=START + timedelta(days=1))
    assert history.book_at(START + timedelta(days=2)).register_offset == withdrawal + 1


def test_a_clock_that_stepped_back_changes_no_order() -> None:
    history = History()
    for offset, minutes in enumerate((0, 10, 5, 20)):
        history.add("x", b"", offset=offset, recorded_at=START + minutes * MINUTE)
    offsets = [history.book_at(START + minutes * MINUTE).register_offset for minutes in (0, 7, 10)]
    assert offsets == [1, 1, 3]
