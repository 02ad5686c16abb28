"""An older database and a log made again are noticed; `recover` goes on after them."""

import asyncio

import pytest
from confluent_kafka.cimpl import NewTopic

from concordat.deliver.errors import DatabaseRestored, LogMadeAgain, WriterActive
from concordat.deliver.readiness import Readiness
from concordat.deliver.recover import Losses, open_recovery
from concordat.deliver.replay import forget_positions
from concordat.deliver.service import DeliverOptions, run_deliver, serve_deliver
from concordat.kafka.topic_identity import ask_identities
from concordat.kafka.topics import Topics
from integration.deliver.exchange import Exchange, ready, until
from unit.deliver.records import OTHER_CONTENT, routed

PLACES = "SELECT id, admission_offset FROM concordat.event ORDER BY id"


async def find(exchange: Exchange) -> Losses:
    settings = exchange.settings
    dsn, topics = settings.postgres.get_secret_value(), Topics(settings.topic_prefix)
    async with open_recovery(dsn, settings.kafka, topics) as recovery:
        return await recovery.find()


async def mend(exchange: Exchange) -> Losses:
    settings = exchange.settings
    dsn, topics = settings.postgres.get_secret_value(), Topics(settings.topic_prefix)
    async with open_recovery(dsn, settings.kafka, topics) as recovery:
        losses = await recovery.find()
        await recovery.mend(losses)
        return losses


async def go_back(exchange: Exchange, numbers: int) -> None:
    """Make the database what it was when it had so many items in the inbox of the schools."""
    for statement in (
        f"DELETE FROM concordat.delivery WHERE seq > {numbers}",
        f"DELETE FROM concordat.event WHERE admission_offset >= {numbers}",
        f"UPDATE concordat.inbox SET last_seq = {numbers}",
        f"UPDATE concordat.consumed SET next_offset = {numbers} WHERE partition = 0",
    ):
        await exchange.superuser.execute(statement)


async def generation(exchange: Exchange) -> str:
    [[found]] = await exchange.ask("SELECT generation FROM concordat.exchange")
    return str(found)


async def test_a_restored_database_stops_it_and_what_comes_again_is_marked(
    exchange: Exchange,
) -> None:
    await exchange.write(*(routed(f"event-{n:04}", (0, n), "schools") for n in range(4)))
    await exchange.deliver_all()
    await go_back(exchange, 2)
    await exchange.superuser.execute(
        "UPDATE concordat.delivery SET acknowledged_at = now() WHERE seq = 1"
    )
    with pytest.raises(DatabaseRestored, match="concordat recover"):
        await exchange.deliver_until_it_fails()
    assert len(await exchange.inbox("schools")) == 2
    before = await generation(exchange)
    assert list((await mend(exchange)).sentences) == ["database"]
    assert await generation(exchange) != before
    await exchange.write(routed("event-0004", (0, 4), "schools"))
    await exchange.deliver_all()
    arrived = await exchange.ask("SELECT seq, arrived FROM concordat.delivery ORDER BY seq")
    assert arrived == [(1, None), (2, "restored"), (3, "restored"), (4, "restored"), (5, None)]
    assert (await find(exchange)).sentences == {}


async def test_another_database_is_not_delivered_into(exchange: Exchange) -> None:
    await exchange.write(routed("event-0001", (0, 0), "schools"))
    await exchange.deliver_all()
    await exchange.superuser.execute("TRUNCATE concordat.consumed")
    await exchange.superuser.execute("UPDATE concordat.exchange SET generation = 'another'")
    with pytest.raises(DatabaseRestored, match="another database"):
        await exchange.deliver_until_it_fails()


async def test_forgotten_positions_are_no_restored_database(exchange: Exchange) -> None:
    await exchange.write(*(routed(f"event-{n:04}", (0, n), "schools") for n in range(3)))
    await exchange.deliver_all()
    before = await exchange.stored()
    await forget_positions(exchange.settings.postgres.get_secret_value(), exchange.topic)
    assert (await find(exchange)).sentences == {}
    await exchange.deliver_all()
    assert await exchange.stored() == before


async def test_incidents_made_again_stop_it_until_old_places_are_forgotten(
    exchange: Exchange,
) -> None:
    await make_incidents(exchange)
    await exchange.write(routed("event-0001", (0, 0), "schools"))
    await exchange.deliver_all()
    await make_incidents(exchange, again=True)
    with pytest.raises(LogMadeAgain, match="concordat recover"):
        await exchange.deliver_until_it_fails()
    assert list((await mend(exchange)).sentences) == ["incidents"]
    await exchange.write(
        routed("event-0002", (0, 0), "schools"), routed("event-0001", (0, 1), "schools")
    )
    await exchange.deliver_all()
    assert await exchange.inbox("schools") == [(1, "event-0001"), (2, "event-0002")]
    assert await exchange.ask(PLACES) == [("event-0001", 1), ("event-0002", 0)]
    assert await exchange.ask("SELECT id FROM concordat.repeat") == []


async def test_decisions_of_an_incidents_that_is_gone_leave_their_places_to_the_one_of_now(
    exchange: Exchange,
) -> None:
    old = await make_incidents(exchange)
    await exchange.write(routed("event-0001", (0, 0), "schools", log=old))
    await exchange.deliver_all()
    await exchange.write(
        routed("event-0002", (0, 1), "schools", log=old),
        routed("event-0001", (0, 2), "schools", log=old, content=OTHER_CONTENT),
        routed("event-0001", (0, 3), "schools", log=old, content=OTHER_CONTENT),
    )
    new = await make_incidents(exchange, again=True)
    await exchange.write(
        routed("event-0003", (0, 1), "schools", log=new),
        routed("event-0002", (0, 2), "schools", log=new),
    )
    await mend(exchange)
    await exchange.deliver_all()
    inbox = [(1, "event-0001"), (2, "event-0002"), (3, "event-0003")]
    assert await exchange.inbox("schools") == inbox
    places = [("event-0001", None), ("event-0002", 2), ("event-0003", 1)]
    assert await exchange.ask(PLACES) == places
    repeats = "SELECT id, conflict, admission_offset FROM concordat.repeat ORDER BY id"
    known = [("event-0001", True, None)]
    assert await exchange.ask(repeats) == known
    await forget_positions(exchange.settings.postgres.get_secret_value(), exchange.topic)
    await exchange.deliver_all()  # to no effect
    assert (await exchange.inbox("schools"), await exchange.ask(repeats)) == (inbox, known)
    assert await exchange.ask(PLACES) == places


async def test_a_decision_of_an_incidents_that_nobody_knows_yet_is_noticed_at_once(
    exchange: Exchange,
) -> None:
    old = await make_incidents(exchange)
    await exchange.write(routed("event-0001", (0, 0), "schools", log=old))
    stop = asyncio.Event()
    delivering = asyncio.create_task(
        run_deliver(exchange.settings, stop, options=DeliverOptions(check_seconds=3600))
    )
    await until(exchange.is_all_consumed, delivering)
    new = await make_incidents(exchange, again=True)
    await exchange.write(routed("event-0002", (0, 1), "schools", log=new))
    with pytest.raises(LogMadeAgain, match="incidents"):
        async with asyncio.timeout(30):
            await delivering
    assert await exchange.inbox("schools") == [(1, "event-0001")]


async def test_a_new_event_in_a_known_place_is_never_taken_for_known(exchange: Exchange) -> None:
    await exchange.write(routed("event-0001", (0, 0), "schools"))
    await exchange.deliver_all()
    await exchange.write(routed("event-0002", (0, 0), "schools"))
    with pytest.raises(LogMadeAgain, match="incidents"):
        await exchange.deliver_until_it_fails()


async def test_it_waits_for_the_operator_and_goes_on_by_itself(exchange: Exchange) -> None:
    await exchange.write(*(routed(f"event-{n:04}", (0, n), "schools") for n in range(3)))
    await exchange.deliver_all()
    await go_back(exchange, 1)
    stop, readiness = asyncio.Event(), Readiness()
    serving = asyncio.create_task(
        serve_deliver(exchange.settings, stop, readiness, DeliverOptions(check_seconds=1))
    )

    async def names_the_command() -> bool:
        return "concordat recover" in str(readiness.as_dict())

    await until(names_the_command, serving)
    for _ in range(700):  # it looks again every three seconds
        assert not readiness.ready
        await asyncio.sleep(0.01)
    mended = False
    while not mended:  # it looks again now and then, and holds the lock for that long
        try:
            mended = bool((await mend(exchange)).sentences)
        except WriterActive:
            await asyncio.sleep(0.1)
    await ready(readiness, serving)
    await until(exchange.is_all_consumed, serving)
    assert len(await exchange.inbox("schools")) == 3
    stop.set()
    await serving


async def make_incidents(exchange: Exchange, *, again: bool = False) -> str:
    """Make the topic; return its id."""
    topic = Topics(exchange.settings.topic_prefix).incidents
    if again:
        await asyncio.wrap_future(exchange.admin.delete_topics([topic])[topic])

        async def gone() -> bool:
            return topic not in exchange.admin.list_topics(timeout=10).topics

        await until(gone)
    await asyncio.wrap_future(exchange.admin.create_topics([NewTopic(topic, 1, 1)])[topic])
    made: str | None = None

    async def known() -> bool:
        nonlocal made
        made = ask_identities(exchange.admin, [topic]).get(topic)
        return made is not None

    await until(known)
    assert made is not None
    return made
