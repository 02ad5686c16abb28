"""P3: what cannot be checked is not decided; the stage waits, says why, and leaves in the end."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from builders import Exchange, agreement_of, share_of
from concordat.agreements.reason import Reason
from concordat.runtime.errors import ClockBehind
from concordat.stack.ports import pick_port
from concordat.streams.loop import LEAVE_AFTER_SECONDS
from concordat.streams.register_feed import CATCH_UP_SECONDS
from exchange_on_kafka import KafkaExchange, event, open_exchange
from integration.streams.register_faults import NOT_READ, hide_the_end
from waiting import until

CLOCK = "the clock is behind the newest log time"


@pytest.mark.timeout(120)
def test_a_clock_more_than_a_second_behind_the_log_stops_output_until_it_is_right(
    exchange: KafkaExchange,
) -> None:
    exchange.admit_directly([event(1)])
    (incident,) = exchange.incidents()
    newest = datetime.fromtimestamp(incident.written_at / 1000, UTC)
    now = [newest - timedelta(seconds=1.001)]
    with exchange.thread("route", clock=lambda: now[0]) as route:
        route.until_not_ready(CLOCK)
        assert exchange.written(exchange.topics.routed) == exchange.committed("route") == 0
        now[0] = newest - timedelta(seconds=0.999)
        exchange.until_drained("route")
        route.until_ready()
    assert [len(record.shared) for record in exchange.routed()] == [2]


@pytest.mark.timeout(120)
def test_a_clock_that_stays_behind_ends_the_stage(exchange: KafkaExchange) -> None:
    exchange.admit_directly([event(1)])
    long_ago = datetime(2026, 1, 2, tzinfo=UTC)
    with exchange.thread("route", clock=lambda: long_ago, patience=1) as route:
        route.until_ended()
    assert isinstance(route.error, ClockBehind)
    assert exchange.written(exchange.topics.routed) == exchange.committed("route") == 0


@pytest.mark.timeout(120)
def test_a_waiting_worker_says_why_over_http_and_leaves_with_code_75(
    exchange: KafkaExchange,
) -> None:
    port = pick_port()
    exchange.admit_directly([event(1)])
    worker = exchange.start("route", "--patience", "6", health_port=port)
    until(lambda: health_of(port) == (200, ""), "the worker is ready")
    exchange.until_drained("route")
    hide_the_end(exchange)
    until(lambda: health_of(port) == (503, NOT_READ), "the worker says why it waits")
    exchange.admit_directly([event(2)])
    assert worker.exit_code() == 75
    assert len(exchange.routed()) == exchange.committed("route") == 1


def health_of(port: int) -> tuple[int, str] | None:
    try:
        answer = httpx.get(f"http://127.0.0.1:{port}/health/ready", timeout=5)
    except httpx.TransportError:
        return None
    return answer.status_code, answer.json()["reason"]


def test_the_limits_are_two_seconds_to_wait_and_sixty_to_leave(exchange: KafkaExchange) -> None:
    with exchange.thread("route") as route:
        assert route.parts.patience == LEAVE_AFTER_SECONDS == 60
    assert CATCH_UP_SECONDS == 2


def test_one_unreadable_agreement_withholds_its_pairs_and_the_others_go_on(
    kafka: str, tmp_path: Path
) -> None:
    register = Exchange()
    whole = agreement_of(effective={"from": "2026-01-01", "until": "2999-12-31"})
    other = agreement_of(
        id="damaged",
        effective={"from": "2026-01-01", "until": "2999-12-31"},
        shares=[share_of(to=["womens-aid"])],
    )
    register.add(whole)
    register.add(other)
    register.write("agreement/damaged/2", b"this is not an agreement")
    with open_exchange(kafka, tmp_path, register) as exchange:
        exchange.admit_directly([event(1)])
        with exchange.thread("route"):
            exchange.until_drained("route")
        (routed,) = exchange.routed()
    assert [shared.agency for shared in routed.shared] == ["social-care"]
    withheld = [(each.agency, each.agreement, each.reason) for each in routed.withheld]
    assert withheld == [("womens-aid", "damaged", Reason.AGREEMENT_UNREADABLE)]


def test_an_empty_register_shares_nothing_and_admits_nothing(kafka: str, tmp_path: Path) -> None:
    register = Exchange()
    register.log.clear()
    with open_exchange(kafka, tmp_path, register) as exchange:
        exchange.admit_directly([event(1)])
        with exchange.thread("route"):
            exchange.until_drained("route")
        exchange.publish([event(2)])
        with exchange.thread("admit"):
            exchange.until_drained("admit")
        (routed,) = exchange.routed()
        letters = exchange.read(exchange.topics.dead_letters)
    assert (routed.shared, routed.register) == ([], 0)
    assert [b"UNKNOWN_AGENCY" in letter.value for letter in letters] == [True]
