"""Damage to the register while a stage has a batch in hand."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event as Signal

from confluent_kafka import Producer

from exchange_on_kafka import KafkaExchange, event
from kafka_log import append
from stage_thread import StageThread
from waiting import until

NOT_READ = "the register could not be read to its end in time"


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


def make_the_register_again(exchange: KafkaExchange, records: int | None = None) -> None:
    """Delete it and write the first so many of its records anew, or all."""
    topic = exchange.topics.register
    exchange.make_again(topic)
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
