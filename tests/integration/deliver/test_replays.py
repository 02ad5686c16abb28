"""An operator's replay delivers what was withheld, once, marked, and changes nothing else."""

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest_asyncio

from builders import share_of
from integration.deliver.dying_process import start_dying
from integration.deliver.exchange import Exchange
from integration.deliver.held import AID, CARE, Held, agreement, open_held
from integration.inbox.api import Api

POLICE, COUNCIL = "police-authority", "council"
DISTRICT = [share_of(to=[CARE, AID], send=["category", "district"])]


@pytest_asyncio.fixture
async def held(exchange: Exchange, tmp_path: Path) -> AsyncIterator[Held]:
    async with open_held(exchange, tmp_path) as held:
        yield held


async def delivered(held: Held) -> None:
    """Deliver everything that is written."""
    async with held.delivering():
        pass


async def without_redecisions(held: Held) -> list[list[tuple[Any, ...]]]:
    """Every row that a replay without effect must not change."""
    event, repeat, inbox, delivery, stub, _, unreadable = await held.exchange.stored()
    return [event, repeat, inbox, delivery, stub, unreadable]


async def withheld_meanwhile(held: Held) -> None:
    """Of three events the second was withheld from social care, which was suspended.

    The first was read and acknowledged before, so that the suspension holds nothing.
    """
    await held.route("event-0001")
    await delivered(held)
    await held.read()
    await held.api.acknowledge(CARE, 1)
    suspension = await held.notify(COUNCIL, "suspend")
    await held.route("event-0002")
    await held.resume(suspension, COUNCIL, POLICE)
    await held.route("event-0003")
    await delivered(held)


async def test_what_was_withheld_meanwhile_is_delivered_late_and_marked(held: Held) -> None:
    await withheld_meanwhile(held)
    assert [name for _, name, _ in await held.items()] == ["event-0001", "event-0003"]
    decisions = held.again("replay-1")
    await held.exchange.write(*decisions)
    await delivered(held)
    *_, late = await held.items()
    assert late[1:] == ("event-0002", "replayed")
    [[delivery_id]] = await held.exchange.ask(
        "SELECT id FROM concordat.delivery WHERE event_id = 'event-0002' AND agency = $1", CARE
    )
    assert delivery_id == decisions[1].shared[0].id
    item = (await held.read())["items"][-1]
    assert (item["arrived"], item["delivery"]["id"]) == ("replayed", delivery_id)
    assert [name for _, name, _ in await held.items(AID)] == [
        "event-0001",
        "event-0002",
        "event-0003",
    ]
    await held.assert_gapless()


async def test_its_publisher_is_told_what_the_replay_gave_and_only_that(held: Held) -> None:
    await withheld_meanwhile(held)
    await held.replay("replay-1")
    await delivered(held)
    assert (await told(held.api, "event-0002"))[CARE]["replayed"] is True
    assert (await told(held.api, "event-0002"))[CARE]["outcome"] == "shared"
    assert "replayed" not in (await told(held.api, "event-0001"))[CARE]
    rows = await held.exchange.ask(
        """SELECT id, agency, publisher, replay, jsonb_array_length(shared),
           jsonb_array_length(delivered) FROM concordat.redecision ORDER BY id"""
    )
    assert rows == [
        ("event-0001", CARE, "police", "replay-1", 1, 0),
        ("event-0002", CARE, "police", "replay-1", 1, 1),
        ("event-0003", CARE, "police", "replay-1", 1, 0),
    ]


async def told(api: Api, event_id: str) -> dict[str, Any]:
    response = await api.get("police", f"/v1/events/{event_id}")
    assert response.status_code == 200
    return {each["agency"]: each for each in response.json()["candidates"]}


async def test_a_replay_of_what_is_unchanged_changes_no_item(held: Held) -> None:
    await held.route("event-0001", "event-0002")
    await delivered(held)
    await held.read("/v1/inbox?limit=1")
    before = await without_redecisions(held)
    await held.replay("replay-1")
    await held.replay("replay-1", AID)
    await delivered(held)
    assert await without_redecisions(held) == before


async def test_a_replay_that_withholds_takes_nothing_away(held: Held) -> None:
    await held.route("event-0001")
    await delivered(held)
    before = await without_redecisions(held)
    await held.notify(COUNCIL, "suspend")
    await held.replay("replay-1")
    await delivered(held)
    assert await without_redecisions(held) == before
    assert (await told(held.api, "event-0001"))[CARE]["outcome"] == "shared"
    [[withheld]] = await held.exchange.ask("SELECT withheld FROM concordat.redecision")
    assert [each["reason"] for each in msgspec.json.decode(withheld)] == ["SUSPENDED"]


async def test_a_replay_again_has_no_effect_whatever_it_decides(held: Held) -> None:
    await withheld_meanwhile(held)
    await held.replay("replay-1")
    await delivered(held)
    before = await held.exchange.stored()
    await held.sign(agreement(2, shares=DISTRICT))
    await held.replay("replay-1")
    await delivered(held)
    assert await held.exchange.stored() == before


async def test_a_superseded_item_that_nobody_read_takes_the_new_contents_and_a_new_number(
    held: Held,
) -> None:
    await held.route("event-0001", "event-0002", "event-0003")
    await delivered(held)
    await held.read("/v1/inbox?limit=1")
    await held.sign(agreement(2, shares=DISTRICT))
    page = await held.read()
    assert [(stub["seq"], stub["reason"]) for stub in page["stopped"]] == [
        (seq, "SUPERSEDED") for seq in (1, 2, 3)
    ]
    await held.api.acknowledge(CARE, 3)  # as a stub
    await held.replay("replay-1")
    await delivered(held)
    # What was collected stays as it is: the agency has it.
    assert await held.items() == [
        (1, "event-0001", None),
        (4, "event-0002", "replayed"),
        (5, "event-0003", "replayed"),
    ]
    assert await held.stubs() == [(2, "DECIDED_AGAIN", 4), (3, "DECIDED_AGAIN", 5)]
    page = await held.read(page["links"]["next"])
    assert [item["delivery"]["data"] for item in page["items"]] == [
        {"category": "drugs", "district": "Redditch"}
    ] * 2
    assert {item["delivery"]["agreementversion"] for item in page["items"]} == {2}
    await held.assert_gapless()


async def test_what_was_withdrawn_is_never_given_but_a_new_version_may_give_it_again(
    held: Held,
) -> None:
    await held.route("event-0001")
    await delivered(held)
    await held.notify(COUNCIL, "withdraw")
    await held.replay("replay-1")
    await delivered(held)
    assert await held.items() == [(1, "event-0001", None)]
    await held.sign(agreement(2, shares=DISTRICT))
    await held.replay("replay-2")
    await delivered(held)
    assert await held.items() == [(2, "event-0001", "replayed")]
    [item] = (await held.read())["items"]
    assert item["delivery"]["data"] == {"category": "drugs", "district": "Redditch"}


async def test_a_replay_delivers_nothing_of_what_is_not_a_first_admission(held: Held) -> None:
    first = held.decide("event-0001")
    conflict = held.decide("event-0001", category="robbery")
    unknown = held.admit("event-0002")
    assert unknown.offset == 2
    await held.exchange.write(msgspec.structs.replace(first, shared=[]), conflict)
    await delivered(held)
    first_again, *others = held.again("replay-1")
    await held.exchange.write(*others)
    await delivered(held)
    assert await held.items() == []
    assert await held.exchange.ask("SELECT 1 FROM concordat.redecision") == []
    await held.exchange.write(first_again)
    await delivered(held)
    assert await held.items() == [(1, "event-0001", "replayed")]


async def test_a_process_killed_while_it_stores_a_replay_stores_it_once(
    held: Held, tmp_path: Path
) -> None:
    await withheld_meanwhile(held)
    await held.replay("replay-1")
    process = await start_dying(held.exchange, tmp_path / "log", "stored")
    assert await asyncio.to_thread(process.exit_code) == -signal.SIGKILL
    await delivered(held)
    names = [(name, arrived) for _, name, arrived in await held.items()]
    assert names.count(("event-0002", "replayed")) == 1
    assert len(names) == 3
    await held.assert_gapless()
