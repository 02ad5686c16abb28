"""The feed of processes that serve requests, also over faults of a broker of its own."""

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from concordat.agreements.book import Book
from concordat.agreements.disclosure import Disclosed
from concordat.agreements.reason import Reason
from concordat.kafka.register_feed import RegisterFeed, read_history
from concordat.kafka.topics import Topics
from concordat.runtime.clock import system_clock
from concordat.stack.embedded import EmbeddedInfrastructure, Infrastructure
from concordat.stack.state_directory import StateDirectory
from exchange_on_kafka import AGREEMENT, KafkaExchange, open_exchange
from integration.streams.register_faults import make_the_register_again


async def eventually(holds: Callable[[], bool], what: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not in {seconds:g} s: {what}"
        await asyncio.sleep(0.02)


@asynccontextmanager
async def following(exchange: KafkaExchange) -> AsyncIterator[RegisterFeed]:
    feed = RegisterFeed(exchange.kafka, exchange.topics)
    await feed.start()
    try:
        yield feed
    finally:
        await feed.stop()


def is_in_force(feed: RegisterFeed) -> bool:
    return why_stopped(feed.book) is None


def why_stopped(book: Book) -> Reason | None:
    share = AGREEMENT.shares[0]
    ends = ("police", "social-care")
    item = Disclosed(AGREEMENT.id, AGREEMENT.version, (share.id,), *ends, share.event)
    return book.why_stopped(item, system_clock())


class LosesItsFirstRequest(RegisterFeed):
    """As the client does when a connection ends under a request."""

    lost = 0

    async def _follow(self) -> None:
        if not self.lost:
            self.lost += 1
            request = asyncio.get_running_loop().create_future()
            request.cancel()
            await request
        await super()._follow()


@pytest.fixture(scope="module")
def broker_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Infrastructure]:
    """A broker that a test may pause or restart."""
    state = StateDirectory(tmp_path_factory.mktemp("feed") / "state")
    servers = EmbeddedInfrastructure(state, lambda _: None)
    try:
        yield servers.start()
    finally:
        servers.destroy()


@pytest.fixture
def exchange_of_its_own(
    broker_of_its_own: Infrastructure, tmp_path: Path
) -> Iterator[KafkaExchange]:
    with open_exchange(broker_of_its_own.kafka, tmp_path) as exchange:
        yield exchange


async def test_its_age_is_infinite_before_the_first_load(exchange: KafkaExchange) -> None:
    feed = RegisterFeed(exchange.kafka, exchange.topics)
    assert feed.age() == math.inf
    assert feed.book.agencies == {}


async def test_it_loads_everything_and_follows_within_a_second(exchange: KafkaExchange) -> None:
    async with following(exchange) as feed:
        await eventually(lambda: feed.age() < 1, "it is loaded")
        assert feed.book.register_offset == len(exchange.register.log)
        assert is_in_force(feed)
        exchange.register.notify(AGREEMENT, "council", "suspend")
        exchange.write_register()
        await eventually(lambda: not is_in_force(feed), "the notice bites", 1)


async def test_it_gives_the_book_of_a_past_instant(exchange: KafkaExchange) -> None:
    async with following(exchange) as feed:
        await eventually(lambda: feed.age() < 1, "it is loaded")
        before = system_clock()
        await asyncio.sleep(0.01)  # the broker stamps whole milliseconds
        exchange.register.notify(AGREEMENT, "council", "withdraw")
        exchange.write_register()
        await eventually(lambda: not is_in_force(feed), "the notice bites", 5)
        assert why_stopped(await feed.book_at(before)) is None
        assert why_stopped(await feed.book_at(system_clock())) is Reason.WITHDRAWN
        assert (await feed.book_at(before)).register_offset == feed.book.register_offset - 1


async def test_the_history_is_read_once_to_its_end(exchange: KafkaExchange) -> None:
    history = await read_history(exchange.kafka, exchange.topics)
    assert history.book_at(system_clock()).register_offset == len(exchange.register.log)


async def test_a_register_that_is_not_there_has_no_history(kafka: str) -> None:
    with pytest.raises(TimeoutError):
        await read_history(kafka, Topics("nowhere."), within_seconds=1)


async def test_its_age_grows_while_the_register_is_gone(exchange: KafkaExchange) -> None:
    topic = exchange.topics.register
    async with following(exchange) as feed:
        await eventually(lambda: feed.age() < 1, "it is loaded")
        exchange.admin.delete_topics([topic])[topic].result(30)
        await eventually(lambda: feed.age() > 2, "it is known to be old")
        assert feed.book.register_offset == len(exchange.register.log)


async def test_its_age_grows_once_the_register_was_made_again(exchange: KafkaExchange) -> None:
    async with following(exchange) as feed:
        await eventually(lambda: feed.age() < 1, "it is loaded")
        await asyncio.to_thread(make_the_register_again, exchange)
        await eventually(lambda: feed.age() > 2, "it is known to be old")
        exchange.register.notify(AGREEMENT, "council", "suspend")
        await asyncio.to_thread(exchange.write_register)
        await asyncio.sleep(1)
        assert feed.age() > 3
        assert is_in_force(feed)


async def test_a_register_that_was_shorter_once_is_not_believed_again(
    exchange: KafkaExchange,
) -> None:
    async with following(exchange) as feed:
        await eventually(lambda: feed.age() < 1, "it is loaded")
        feed._position += 2  # as if the log had lost its last two records
        await eventually(lambda: feed.age() > 1, "it is known to be old")
        exchange.register.notify(AGREEMENT, "council", "suspend")
        exchange.register.notify(AGREEMENT, "charity", "suspend")
        await asyncio.to_thread(exchange.write_register)
        end = exchange.written(exchange.topics.register)
        assert end == feed._position
        before = feed.age()
        await asyncio.sleep(1)
        assert feed.age() > before + 0.9


async def test_a_request_that_the_client_cancelled_does_not_end_it(
    exchange: KafkaExchange,
) -> None:
    feed = LosesItsFirstRequest(exchange.kafka, exchange.topics)
    await feed.start()
    try:
        await eventually(lambda: feed.age() < 1, "it is loaded", 20)
        assert not feed.following.done()
    finally:
        await feed.stop()
    assert feed.lost == 1
    assert feed.following.done()


@pytest.mark.timeout(180)
async def test_a_paused_broker_makes_it_old_and_it_comes_back_with_what_was_written(
    broker_of_its_own: Infrastructure, exchange_of_its_own: KafkaExchange
) -> None:
    async with following(exchange_of_its_own) as feed:
        await eventually(lambda: feed.age() < 1, "it is loaded")
        broker_of_its_own.servers.pause_kafka()
        try:
            await eventually(lambda: feed.age() > 1.5, "it is old")
        finally:
            broker_of_its_own.servers.resume_kafka()
        exchange_of_its_own.register.notify(AGREEMENT, "council", "withdraw")
        await asyncio.to_thread(exchange_of_its_own.write_register)
        await eventually(lambda: feed.age() < 1 and not is_in_force(feed), "it has the notice")


@pytest.mark.timeout(180)
async def test_it_survives_a_restart_of_the_broker(
    broker_of_its_own: Infrastructure, exchange_of_its_own: KafkaExchange
) -> None:
    async with following(exchange_of_its_own) as feed:
        await eventually(lambda: feed.age() < 1, "it is loaded")
        await asyncio.to_thread(broker_of_its_own.servers.stop_kafka)
        await eventually(lambda: feed.age() > 1.5, "it is old")
        await asyncio.to_thread(broker_of_its_own.servers.restart_kafka)
        exchange_of_its_own.register.notify(AGREEMENT, "council", "withdraw")
        await asyncio.to_thread(exchange_of_its_own.write_register)
        await eventually(lambda: feed.age() < 1 and not is_in_force(feed), "it has the notice")
