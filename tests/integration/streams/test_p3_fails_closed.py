"""P3: what cannot be checked is not decided; the stage waits, says why, and leaves in the end."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event as Signal

import httpx
import pytest
from confluent_kafka import Producer

from builders import Exchange, agreement_of, share_of
from concordat.agreements.reason import Reason
from concordat.kafka.topics_admin import apply_topics
from concordat.runtime.errors import ClockBehind, RegisterUnavailable
from concordat.stack.ports import pick_port
from concordat.streams.clients import common_settings, stage_consumer
from concordat.streams.groups import group_of
from concordat.streams.loop import LEAVE_AFTER_SECONDS
from concordat.streams.register_feed import CATCH_UP_SECONDS
from exchange_on_kafka import AGREEMENT, KafkaExchange, event, open_exchange
from kafka_log import append
from stage_thread import StageThread
from waiting import until

NOT_READ = "the register could not be read to its end in time"
NOT_ASKED = "the register's end cannot be asked"
SHORTER = "the register is shorter than last seen"
CLOCK = "the clock is behind the newest log time"


class Gate:
    """Holds a stage at `consumed`, with a batch in hand, while it is shut."""

    def __init__(self) -> None:
        self.open, self.reached = Signal(), Signal()
        self.open.set()

    def __call__(self, point: str) -> None:
        if point == "consumed":
            self.reached.set()
            assert self.open.wait(60)

    @contextmanager
    def shut(self) -> Iterator[None]:
        self.reached.clear()
        self.open.clear()
        yield
        self.open.set()


def hide_the_end(exchange: KafkaExchange) -> None:
    """Give the register an offset that is no record: it lies before the end, nobody can read it."""
    before = exchange.written(exchange.topics.register)
    writer = Producer(
        {"bootstrap.servers": exchange.kafka, "transactional.id": exchange.topics.prefix}
    )
    writer.init_transactions(30)
    writer.begin_transaction()
    writer.produce(exchange.topics.register, b"{}", b"of-no-kind")
    writer.commit_transaction(30)
    until(
        lambda: exchange.written(exchange.topics.register) == before + 2,
        "the end of the transaction is in the log",
    )


def show_the_end(exchange: KafkaExchange) -> None:
    assert not append(exchange.producer, exchange.topics.register, [(b"of-no-kind", b"{}")])


def make_the_register_again(exchange: KafkaExchange, records: int) -> None:
    topic = exchange.topics.register
    exchange.admin.delete_topics([topic])[topic].result(30)
    until(lambda: topic not in exchange.admin.list_topics(timeout=30).topics, "it is deleted")
    apply_topics(exchange.admin, exchange.plans)
    entries = [(key.encode(), value) for key, value in exchange.register.log[:records]]
    assert not append(exchange.producer, topic, entries)


def break_while_a_batch_is_in_hand(
    exchange: KafkaExchange, route: StageThread, gate: Gate, damage: Callable[[], None]
) -> None:
    """Let the stage take 50 incidents, do the damage, and let it go on to them."""
    route.until_ready()
    with gate.shut():
        exchange.admit_directly(event(number) for number in range(50))
        assert gate.reached.wait(60)
        damage()


def assert_all_fifty_are_routed_and_shared(exchange: KafkaExchange) -> None:
    routed = exchange.routed()
    assert sorted(record.id for record in routed) == [f"police-{n:08d}" for n in range(50)]
    assert all(len(record.shared) == 2 for record in routed)


@pytest.mark.timeout(120)
def test_a_register_that_cannot_be_read_to_its_end_stops_output_until_it_can(
    exchange: KafkaExchange,
) -> None:
    gate = Gate()
    with exchange.thread("route", hook=gate) as route:
        break_while_a_batch_is_in_hand(exchange, route, gate, lambda: hide_the_end(exchange))
        route.until_not_ready(NOT_READ)
        assert exchange.written(exchange.topics.routed) == exchange.committed("route") == 0
        show_the_end(exchange)
        route.until_ready()
        exchange.until_drained("route")
    assert_all_fifty_are_routed_and_shared(exchange)


@pytest.mark.timeout(120)
def test_partitions_that_leave_a_waiting_stage_and_come_back_later_are_worked_on(
    exchange: KafkaExchange,
) -> None:
    group = group_of("route", exchange.topics)
    other = stage_consumer(common_settings(exchange.kafka, "other"), group, "range")
    with exchange.thread("route") as route:
        route.until_ready()
        hide_the_end(exchange)
        route.until_not_ready(NOT_READ)
        other.subscribe([exchange.topics.incidents])
        until(lambda: other.consume(1, 0.1) or other.assignment(), "the other one has its share")
        show_the_end(exchange)
        route.until_ready()
        other.close()
        exchange.admit_directly(event(number) for number in range(50))
        exchange.until_drained("route", seconds=30)
    assert_all_fifty_are_routed_and_shared(exchange)


@pytest.mark.timeout(120)
def test_a_register_that_is_gone_stops_output_until_the_stage_leaves(
    exchange: KafkaExchange,
) -> None:
    gate = Gate()

    def delete() -> None:
        topic = exchange.topics.register
        exchange.admin.delete_topics([topic])[topic].result(30)
        until(lambda: topic not in exchange.admin.list_topics(timeout=30).topics, "it is deleted")

    with exchange.thread("route", hook=gate, patience=4) as route:
        break_while_a_batch_is_in_hand(exchange, route, gate, delete)
        route.until_not_ready(NOT_ASKED)
        route.until_ended()
    assert isinstance(route.error, RegisterUnavailable)
    assert exchange.written(exchange.topics.routed) == exchange.committed("route") == 0


@pytest.mark.timeout(120)
def test_a_register_shorter_than_last_seen_stops_output(exchange: KafkaExchange) -> None:
    gate = Gate()
    with exchange.thread("route", hook=gate, patience=4) as route:
        break_while_a_batch_is_in_hand(
            exchange, route, gate, lambda: make_the_register_again(exchange, records=3)
        )
        route.until_not_ready(SHORTER)
        route.until_ended()
    assert isinstance(route.error, RegisterUnavailable)
    assert exchange.written(exchange.topics.routed) == exchange.committed("route") == 0


@pytest.mark.timeout(120)
def test_a_record_behind_an_unfinished_transaction_is_not_overlooked(
    exchange: KafkaExchange,
) -> None:
    exchange.register.notify(AGREEMENT, "police-authority", "withdraw")
    with exchange.thread("route") as route:
        route.until_ready()
        writer = Producer(
            {"bootstrap.servers": exchange.kafka, "transactional.id": exchange.topics.prefix}
        )
        writer.init_transactions(30)
        writer.begin_transaction()
        writer.produce(exchange.topics.register, b"{}", b"of-no-kind")
        assert writer.flush(30) == 0
        exchange.write_register()
        exchange.admit_directly(event(number) for number in range(50))
        until(
            lambda: not route.health.ready or exchange.behind("route") == 0,
            "the stage stops or has seen the notice",
        )
        writer.abort_transaction(30)
        show_the_end(exchange)
        exchange.until_drained("route")
    assert [record.shared for record in exchange.routed()] == [[]] * 50


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
