"""What a direct party gets on Kafka is what its inbox would return, no more."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio
from pydantic import SecretStr

from concordat.agreements.day import london_day
from concordat.inbox.arrivals import Arrivals
from concordat.inbox.direct_feed import DirectFeed, feed_directly
from concordat.inbox.direct_items import DirectItem
from concordat.inbox.direct_topics import DirectTopics, DirectTopicUnavailable
from concordat.inbox.service import run_inbox
from concordat.postgres.pool import agency_scope, open_pool
from concordat.postgres.roles import API
from concordat.runtime.clock import system_clock
from concordat.runtime.settings import Settings
from concordat.stack.ports import pick_port
from concordat_events.envelope import CONTENT_TYPE
from integration.inbox.api import AGREEMENT, Api
from integration.inbox.direct_inbox import (
    AID,
    CARE,
    CONTROLLERS,
    DirectInbox,
    direct_agreement,
    open_direct_inbox,
)


@pytest_asyncio.fixture
async def direct(api: Api, kafka: str) -> AsyncIterator[DirectInbox]:
    """With a topic for each of the two; both inboxes are empty and have been looked at."""
    async with open_direct_inbox(api, kafka) as direct:
        await direct.make_topics(CARE, AID)
        for agency in (CARE, AID):
            await direct.feed(agency)
        yield direct


@asynccontextmanager
async def without_the_table(direct: DirectInbox) -> AsyncIterator[None]:
    """An error that nobody foresees."""
    await direct.api.run("ALTER TABLE concordat.direct_feed RENAME TO elsewhere")
    try:
        yield
    finally:
        await direct.api.run("ALTER TABLE concordat.elsewhere RENAME TO direct_feed")


async def test_a_direct_party_gets_its_deliveries_in_order_and_as_the_api_serves_them(
    direct: DirectInbox,
) -> None:
    names = [f"event-{number}" for number in range(12)]
    for number, name in enumerate(names):
        await direct.store(CARE, name, case=f"case-{number % 5}")
        await direct.store(CARE, f"inbox-only-{number}", under=AGREEMENT, case=f"case-{number % 5}")
    served = await direct.served()
    await direct.feed()
    records = await direct.fed()
    expected = [served[seq] for seq in sorted(served) if seq % 2]
    assert len(expected) == len(names)
    assert sorted(record.value for record in records) == sorted(expected)
    assert {record.content_type for record in records} == {CONTENT_TYPE}
    for case in {record.key for record in records}:
        of_case = [record for record in records if record.key == case]
        assert len({record.partition for record in of_case}) == 1
        number = int(case.removeprefix(b"case-"))
        assert [record.value for record in of_case] == expected[number::5]
    assert len({record.key for record in records}) == 5


async def test_only_the_agency_that_is_named_direct_gets_any(direct: DirectInbox) -> None:
    await direct.store(AID, "event-1")
    await direct.store(CARE, "event-1")
    async with feed_directly(
        direct.needs, direct.api.database.dsn(API), direct.kafka, direct.topics
    ):
        await direct.until_fed(1)
    await direct.feed(AID)
    assert await direct.fed(AID) == []
    assert await direct.collected(AID) == []
    assert await direct.position(AID) == 1  # its one item was looked at


async def test_what_arrives_is_fed_at_once_and_once(direct: DirectInbox) -> None:
    async with direct.feeder(look_again_seconds=600) as feed:
        feeding = asyncio.create_task(feed.run())
        for count in range(1, 4):
            await direct.store(CARE, f"event-{count}")
            await direct.until_fed(count)
        feeding.cancel()
    await direct.feed()
    assert await direct.names() == ["event-1", "event-2", "event-3"]
    assert await direct.collected() == ["event-1", "event-2", "event-3"]
    assert set((await direct.column("acknowledged_at")).values()) == {None}


async def test_what_was_announced_to_nobody_is_found_all_the_same(direct: DirectInbox) -> None:
    deaf = replace(direct.needs, arrivals=Arrivals())
    async with feed_directly(deaf, direct.api.database.dsn(API), direct.kafka, direct.topics):
        for count in range(1, 3):
            await direct.store(CARE, f"event-{count}")
            await direct.until_fed(count)


async def test_what_was_acknowledged_elsewhere_is_fed_too(direct: DirectInbox) -> None:
    await direct.store(CARE, "event-1", "event-2")
    await direct.api.acknowledge(CARE, 1)
    await direct.feed()
    assert await direct.names() == ["event-1", "event-2"]


async def test_more_than_one_stretch_is_fed_in_order(direct: DirectInbox) -> None:
    names = [f"event-{number:03}" for number in range(120)]
    await direct.store(CARE, *names)
    await direct.feed()
    assert await direct.names() == names


async def test_direct_is_what_the_version_of_the_item_says(direct: DirectInbox) -> None:
    await direct.store(CARE, "under-1")
    second = direct_agreement(2, direct=False)
    direct.api.exchange.add(second)
    await direct.store(CARE, "under-2", under=second)
    third = direct_agreement(3)
    direct.api.exchange.add(third)
    await direct.store(CARE, "under-3", under=third)
    assert len(await direct.served()) == 3
    await direct.feed()
    assert await direct.names() == ["under-1", "under-3"]


async def test_a_suspended_item_is_passed_over_and_comes_when_it_is_released(
    direct: DirectInbox,
) -> None:
    await direct.store(CARE, "event-1", "event-2")
    suspension = direct.notify("police-authority", "suspend")
    await direct.store(CARE, "inbox-only", under=AGREEMENT)
    await direct.settle()
    await direct.feed()
    assert await direct.fed() == []
    assert await direct.collected() == []
    assert await direct.position() == 3
    for controller in CONTROLLERS:
        direct.notify(controller, "resume", resumes=suspension)
    await direct.feed()
    assert await direct.fed() == []  # until it comes again
    await direct.follow_register()
    assert list((await direct.column("seq")).values()) == [3, 4, 5]
    await direct.feed()
    assert await direct.names() == ["event-1", "event-2"]


async def test_a_withdrawn_item_never_leaves(direct: DirectInbox) -> None:
    await direct.store(CARE, "event-1", "event-2")
    direct.notify("police-authority", "withdraw")
    await direct.settle()
    await direct.feed()
    await direct.follow_register()
    await direct.feed()
    assert await direct.column("purged_at IS NOT NULL") == {"event-1": True, "event-2": True}
    await direct.api.run("TRUNCATE concordat.direct_feed")  # even when all is looked at again
    await direct.feed()
    assert await direct.fed() == []


async def test_what_the_exchange_may_no_longer_keep_never_leaves(direct: DirectInbox) -> None:
    today = london_day(system_clock())
    await direct.store(CARE, "too-old", keep_until=today - timedelta(days=1))
    await direct.store(CARE, "event-1", keep_until=today)
    await direct.settle()
    await direct.feed()
    assert await direct.names() == ["event-1"]


async def test_a_clock_that_is_behind_feeds_nothing_and_passes_nothing_over(
    direct: DirectInbox,
) -> None:
    await direct.store(CARE, "event-1")
    await direct.settle()
    direct.api.machine.behind = timedelta(days=3650)  # the agreement has not begun
    await direct.feed()
    assert await direct.position() == 0
    direct.api.machine.behind = timedelta()
    await direct.feed()
    assert await direct.names() == ["event-1"]


async def test_what_is_stopped_while_its_topic_is_asked_for_does_not_leave(
    direct: DirectInbox,
) -> None:
    await direct.store(CARE, "event-1")
    await direct.settle()

    class StoppedMeanwhile(DirectTopics):
        async def check(self, agency: str) -> None:
            await super().check(agency)
            direct.notify("police-authority", "withdraw")

    async with direct.feeder(StoppedMeanwhile(direct.kafka, direct.topics)) as feed:
        assert await feed.turn(CARE)
    assert await direct.fed() == []


async def test_what_moves_while_its_topic_is_asked_for_is_fed_under_its_new_number_only(
    direct: DirectInbox,
) -> None:
    await direct.store(CARE, "event-1")

    class MovedMeanwhile(DirectTopics):
        async def check(self, agency: str) -> None:
            await super().check(agency)
            await direct.api.move(CARE, 1, 2)

    async with direct.feeder(MovedMeanwhile(direct.kafka, direct.topics)) as feed:
        assert not await feed.turn(CARE)
    assert await direct.fed() == []
    assert await direct.collected() == []
    await direct.feed()
    assert await direct.names() == ["event-1"]
    assert await direct.position() == 2


async def test_a_stale_book_feeds_nothing_and_passes_nothing_over(direct: DirectInbox) -> None:
    await direct.store(CARE, "event-1")
    await direct.settle()
    direct.api.feed.seconds_old = 0.8
    await direct.feed()
    assert await direct.fed() == []
    assert await direct.collected() == []

    class StaleMeanwhile(DirectTopics):
        async def check(self, agency: str) -> None:
            await super().check(agency)
            direct.api.feed.seconds_old = 0.8

    direct.api.feed.seconds_old = 0.7
    async with direct.feeder(StaleMeanwhile(direct.kafka, direct.topics)) as feed:
        assert not await feed.turn(CARE)
    assert await direct.fed() == []
    direct.api.feed.seconds_old = 0.7
    await direct.feed()
    assert await direct.names() == ["event-1"]


async def test_an_item_that_the_book_cannot_judge_yet_waits_for_it(direct: DirectInbox) -> None:
    await direct.store(CARE, "event-1")
    second = direct_agreement(2)
    await direct.store(CARE, "event-2", under=second, ahead=4)
    await direct.store(CARE, "event-3", under=AGREEMENT, ahead=4)
    await direct.settle()
    await direct.feed()
    assert await direct.names() == ["event-1"]
    assert await direct.position() == 1
    direct.api.exchange.add(second)  # the agreement and three signatures
    await direct.feed()
    assert await direct.names() == ["event-1", "event-2"]
    assert await direct.position() == 3


async def test_a_new_item_that_seems_stopped_is_not_passed_over(direct: DirectInbox) -> None:
    """A clock may be behind: nobody would release what was never held."""
    await direct.store(CARE, "event-1")
    suspension = direct.notify("police-authority", "suspend")
    await direct.feed()
    assert await direct.position() == 0
    for controller in CONTROLLERS:
        direct.notify(controller, "resume", resumes=suspension)
    await direct.feed()
    assert await direct.names() == ["event-1"]


async def test_two_feeders_at_once_feed_everything_once(direct: DirectInbox) -> None:
    names = [f"event-{number:03}" for number in range(200)]
    await direct.store(CARE, *names[:100])

    async def feed_on(feed: DirectFeed) -> None:
        async with asyncio.timeout(30):
            while await direct.position() != len(names):
                await feed.turn(CARE)

    async with direct.feeder() as one, direct.feeder() as other:
        await asyncio.gather(feed_on(one), feed_on(other), direct.store(CARE, *names[100:]))
    assert await direct.names() == names


async def test_while_one_process_writes_another_leaves_the_inbox_alone(
    direct: DirectInbox,
) -> None:
    await direct.store(CARE, "event-1")
    writing, go_on = asyncio.Event(), asyncio.Event()

    class Slow(DirectTopics):
        async def write(self, agency: str, items: Sequence[DirectItem]) -> None:
            writing.set()
            await go_on.wait()
            await super().write(agency, items)

    async with direct.feeder(Slow(direct.kafka, direct.topics)) as one, direct.feeder() as other:
        turn = asyncio.create_task(one.turn(CARE))
        async with asyncio.timeout(10):
            await writing.wait()
            assert not await other.turn(CARE)
        assert await direct.fed() == []
        assert await direct.collected() == ["event-1"]  # before it leaves
        go_on.set()
        assert await turn
    assert await direct.names() == ["event-1"]


async def test_a_crash_before_the_commit_repeats_and_loses_nothing(direct: DirectInbox) -> None:
    class Crash(Exception):
        pass

    class Crashing(DirectTopics):
        async def write(self, agency: str, items: Sequence[DirectItem]) -> None:
            await super().write(agency, items)
            raise Crash

    names = ["event-1", "event-2"]
    await direct.store(CARE, *names)
    async with direct.feeder(Crashing(direct.kafka, direct.topics)) as feed:
        with pytest.raises(Crash):
            await feed.turn(CARE)
    assert await direct.names() == names
    assert await direct.collected() == names
    await direct.feed()
    assert await direct.names() == names * 2
    await direct.feed()
    assert await direct.names() == names * 2


async def test_a_restored_database_is_fed_from_its_beginning(direct: DirectInbox) -> None:
    await direct.store(CARE, "event-1")
    await direct.feed()
    await direct.store(CARE, "event-2")
    await direct.api.run("UPDATE concordat.exchange SET generation = generation || '-restored'")
    await direct.feed()
    await direct.store(CARE, "event-3")
    await direct.feed()
    assert await direct.names() == ["event-1", "event-1", "event-2", "event-3"]


async def test_without_its_topic_an_inbox_waits_and_is_not_said_to_be_collected(
    api: Api, kafka: str
) -> None:
    async with open_direct_inbox(api, kafka) as direct:
        await direct.store(CARE, "event-1")
        with pytest.raises(DirectTopicUnavailable) as failed:
            await direct.feed()
        assert failed.value.code == "UNKNOWN_TOPIC_OR_PART"
        assert await direct.collected() == []
        async with feed_directly(direct.needs, api.database.dsn(API), kafka, direct.topics):
            await direct.make_topics(CARE)
            await direct.until_fed(1)
        assert await direct.names() == ["event-1"]


async def test_without_a_broker_the_feed_goes_on_trying_and_the_api_answers(
    direct: DirectInbox,
) -> None:
    await direct.store(CARE, "event-1")
    dsn = direct.api.database.dsn(API)
    async with feed_directly(direct.needs, dsn, "127.0.0.1:1", direct.topics) as feeding:
        await asyncio.sleep(0.5)
        async with asyncio.timeout(1):
            assert len(await direct.served()) == 1
        await asyncio.sleep(3)
        assert not feeding.done()
    await direct.feed()
    assert await direct.names() == ["event-1"]


async def test_an_agency_can_neither_see_nor_move_the_position_of_another(
    direct: DirectInbox,
) -> None:
    await direct.store(CARE, "event-1")
    await direct.feed()
    async with open_pool(direct.api.database.dsn(API)) as pool:
        async with agency_scope(pool, AID) as connection:
            [[found]] = await connection.fetch("SELECT agency FROM direct_feed")
            assert found == AID
            assert await connection.execute("UPDATE direct_feed SET seq = 9") == "UPDATE 1"
        assert await pool.fetch("SELECT * FROM direct_feed") == []
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.execute("DELETE FROM direct_feed")
    assert await direct.position() == 1


async def test_the_inbox_process_feeds_and_ends_when_its_feed_does(
    direct: DirectInbox, tmp_path: Path
) -> None:
    await direct.write_register()
    await direct.store(CARE, "event-1")
    settings = Settings(
        kafka=direct.kafka,
        topic_prefix=direct.topics.prefix,
        postgres=SecretStr(direct.api.database.dsn(API)),
        token_keys=tmp_path / "token-keys.json",
        port=pick_port(),
    )
    running = asyncio.create_task(run_inbox(settings, asyncio.Event()))
    await direct.until_fed(1)
    assert not running.done()
    async with without_the_table(direct):
        await direct.store(CARE, "event-2")
        await asyncio.wait((running,), timeout=10)
    assert isinstance(running.exception(), ExceptionGroup)
