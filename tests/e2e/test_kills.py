"""P2: nothing lost, nothing doubled, whichever process is killed at whichever point of its loop."""

import asyncio
import os
import signal
import sys
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from functools import partial

import msgspec
import pytest
from confluent_kafka import KafkaError, KafkaException

import crashing_service
from concordat.cli.target import find_target
from concordat.kafka.topics import Topics
from concordat.kafka.topics_admin import admin_client
from concordat.publish.demo_data import demo_events
from concordat.publish.identity import identity
from concordat.stack.demonstration import DATA
from concordat.stack.exchange import Exchange
from concordat.stack.state_directory import StateDirectory
from concordat.streams.groups import group_of
from concordat.streams.loop import POINTS
from concordat_events.envelope import Event
from e2e.in_process import (
    Witness,
    behind,
    eventually,
    exchange_in,
    publish,
    running_pid,
    settled,
    state_in,
)
from e2e.kills import LEAST_BEHIND, STAGES, Executioner, Killed, plan_kills, table
from e2e.plain_agreements import candidates
from e2e.stored import Stored, contents, decision, read_stored
from e2e.up import Up
from kafka_log import Written, ends_of, read_to_end

SEED = 20261122
TOPICS = Topics()
Identity = tuple[str, str]

pytestmark = pytest.mark.timeout(900)


@dataclass(frozen=True)
class Disturbed:
    """An exchange whose stages were killed while it was played to, and what came of it."""

    exchange: Exchange
    state: StateDirectory
    executioner: Executioner
    killed: list[Killed]
    stored: Stored
    incidents: list[Written]


def again(event: Event) -> Event:
    """The same event under another id and on another case."""
    changes = {name: identity("again", getattr(event, name)) for name in ("id", "subject")}
    return event.model_copy(update=changes)


@pytest.fixture(scope="module")
def demonstration() -> list[Event]:
    return list(demo_events(DATA, lambda _: None))


@pytest.fixture(scope="module")
def events(demonstration: list[Event]) -> list[Event]:
    """The demonstration, twice the size."""
    return [*demonstration, *map(again, demonstration)]


@pytest.fixture(scope="module")
async def undisturbed(played: Up, demonstration: list[Event]) -> Stored:
    """The same events in an exchange that nobody disturbs."""
    await publish(played.stack, map(again, demonstration))
    target = find_target(played.state.path)

    async def arrived() -> bool:
        return await behind(target.kafka, target.auditor_dsn) == 0

    await eventually(arrived, "the demonstration has arrived twice")
    return await read_stored(played.state, played.stack)


@pytest.fixture(scope="module")
async def disturbed(
    demonstration: list[Event], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Disturbed]:
    folder, witness = tmp_path_factory.mktemp("disturbed"), Witness()
    state, command = state_in(folder), [sys.executable, crashing_service.__file__, str(folder)]
    async with exchange_in(state, witness, command) as exchange:
        executioner = Executioner(exchange, witness, folder)
        try:
            executioner.hold_all()
            await publish(exchange.stack, demonstration)
            playing = asyncio.create_task(publish(exchange.stack, map(again, demonstration)))
            killed = await executioner.carry_out(plan_kills(SEED))
            await playing
            await settled(exchange)
            yield Disturbed(
                exchange,
                state,
                executioner,
                killed,
                await read_stored(state, exchange.stack),
                read_to_end(exchange.stack.kafka, TOPICS.incidents),
            )
        finally:
            executioner.release_all()


def test_every_point_of_every_loop_was_met_with_1000_records_behind(
    disturbed: Disturbed, capsys: pytest.CaptureFixture[str]
) -> None:
    with capsys.disabled():
        sys.stdout.write(f"\nseed {SEED}\n{table(disturbed.killed)}\n")
    assert len(disturbed.killed) >= 12
    assert min(each.behind for each in disturbed.killed) >= LEAST_BEHIND
    points = Counter(each.kill.point for each in disturbed.killed)
    assert all(points[point] >= 2 for point in (*POINTS, "stored"))
    assert {each.kill.service for each in disturbed.killed} == set(STAGES)


def test_the_kills_made_the_stages_repeat_themselves(disturbed: Disturbed) -> None:
    assert len(disturbed.incidents) > len(disturbed.stored.event)
    routed = ends_of(admin_client(disturbed.exchange.stack.kafka), TOPICS.routed)
    assert sum(routed.values()) > len(disturbed.incidents)


def test_no_event_is_lost_and_none_has_two_decisions(
    disturbed: Disturbed, events: list[Event]
) -> None:
    decided = [identity_of(row) for row in disturbed.stored.event]
    assert len(decided) == len(set(decided))
    assert set(decided) == {(event.source, event.id) for event in events}


def test_every_decision_says_of_every_candidate_that_it_was_told_or_why_not(
    disturbed: Disturbed,
) -> None:
    for row in disturbed.stored.event:
        shared, withheld = decision(row)
        told, others = {each["agency"] for each in shared}, [each["agency"] for each in withheld]
        assert told.isdisjoint(others)
        assert sorted([*told, *others]) == sorted(candidates(row["publisher"], row["type"]))
        assert all(each["reason"] for each in withheld)


def test_every_decision_is_that_of_an_undisturbed_run(
    disturbed: Disturbed, undisturbed: Stored, events: list[Event]
) -> None:
    expected = {identity_of(row): decision(row) for row in undisturbed.event}
    for row in disturbed.stored.event:
        assert decision(row) == expected[identity_of(row)]


def test_every_inbox_holds_what_it_holds_in_an_undisturbed_run(
    disturbed: Disturbed, undisturbed: Stored, events: list[Event]
) -> None:
    published = {(event.source, event.id) for event in events}
    expected = {
        (row["agency"], row["id"]): contents(row)
        for row in undisturbed.delivery
        if (row["source"], row["event_id"]) in published
    }
    assert len(expected) > 10_000
    assert {
        (row["agency"], row["id"]): contents(row) for row in disturbed.stored.delivery
    } == expected


def test_no_delivery_is_doubled_and_no_number_is_missing(disturbed: Disturbed) -> None:
    numbers = defaultdict(list)
    for row in disturbed.stored.delivery:
        numbers[row["agency"]].append(row["seq"])
    ids = Counter((row["agency"], row["id"]) for row in disturbed.stored.delivery)
    assert set(ids.values()) == {1}
    assert {agency: len(seqs) for agency, seqs in numbers.items()} == {
        row["agency"]: row["last_seq"] for row in disturbed.stored.inbox
    }
    assert all(seqs == list(range(1, len(seqs) + 1)) for seqs in numbers.values())


def test_every_inbox_is_in_the_order_of_incidents_case_by_case(disturbed: Disturbed) -> None:
    admitted: dict[str, list[Identity]] = defaultdict(list)
    for record in disturbed.incidents:
        event = msgspec.json.decode(record.value)
        admitted[event["subject"]].append((event["source"], event["id"]))
    delivered: dict[tuple[str, str], list[Identity]] = defaultdict(list)
    for row in disturbed.stored.delivery:
        delivered[row["agency"], row["subject"]].append((row["source"], row["event_id"]))
    assert any(len(set(order)) > 1 for order in delivered.values())
    for (_, case), order in delivered.items():
        arrived = once(order)
        assert arrived == [each for each in once(admitted[case]) if each in set(arrived)]


async def test_a_full_replay_of_incidents_changes_nothing(disturbed: Disturbed) -> None:
    """Last of this file: what it leaves behind is the same, only written once more."""
    exchange, fates = disturbed.exchange, disturbed.executioner.fates
    admin = admin_client(exchange.stack.kafka)
    routed = sum(ends_of(admin, TOPICS.routed).values())
    for stage in ("admit", "route"):
        fates[stage].hold()
        pid = running_pid(disturbed.state, stage)
        assert pid is not None
        os.kill(pid, signal.SIGTERM)
        await eventually(partial(forgotten, exchange, stage), f"{stage} is forgotten")
        fates[stage].release()

    async def replayed() -> bool:
        now = sum(ends_of(admin, TOPICS.routed).values())
        return now >= routed + len(disturbed.incidents) + len(disturbed.stored.event)

    await eventually(replayed, "everything was routed again")
    await settled(exchange)
    after = await read_stored(disturbed.state, exchange.stack)
    assert after.event == disturbed.stored.event
    assert after.delivery == disturbed.stored.delivery
    assert after.inbox == disturbed.stored.inbox
    assert not any(row["conflict"] for row in after.repeat)


async def forgotten(exchange: Exchange, stage: str) -> bool:
    """Delete the offsets of a stage that has left its group; whether that could be done."""
    group, admin = group_of(stage, TOPICS), admin_client(exchange.stack.kafka)
    futures = admin.delete_consumer_groups([group])
    try:
        await asyncio.wrap_future(futures[group])
    except KafkaException as error:
        if error.args[0].code() == KafkaError.NON_EMPTY_GROUP:
            return False
        raise
    return True


def identity_of(row: dict[str, str]) -> Identity:
    return row["source"], row["id"]


def once(order: Iterable[Identity]) -> list[Identity]:
    """The first occurrence of each, in order."""
    return list(dict.fromkeys(order))
