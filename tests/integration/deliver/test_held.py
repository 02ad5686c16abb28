"""Held items come again, once, when nothing stops them; what is withdrawn is emptied."""

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from concordat.deliver.readiness import Readiness
from concordat.deliver.release import MOST_AT_ONCE
from integration.deliver.dying_process import start_dying
from integration.deliver.exchange import Exchange, ready, until
from integration.deliver.held import AID, CARE, Held, agreement, open_held

POLICE, COUNCIL = "police-authority", "council"


@pytest_asyncio.fixture
async def held(exchange: Exchange, tmp_path: Path) -> AsyncIterator[Held]:
    async with open_held(exchange, tmp_path) as held:
        yield held


def numbers(page: Any) -> tuple[list[int], list[tuple[int, str]]]:
    stopped = [(stub["seq"], stub["reason"]) for stub in page["stopped"]]
    return [item["seq"] for item in page["items"]], stopped


async def test_what_a_suspension_held_comes_again_once_both_have_resumed(held: Held) -> None:
    await held.route("event-0001", "event-0002")
    async with held.delivering() as task:
        suspension = await held.notify(COUNCIL, "suspend")
        page = await held.read()
        assert numbers(page) == ([], [(1, "SUSPENDED"), (2, "SUSPENDED")])
        next_page = page["links"]["next"]
        await held.resume(suspension, COUNCIL)
        await held.until_looked_at(task)
        assert await held.items() == [(1, "event-0001", None), (2, "event-0002", None)]
        assert numbers(await held.read(next_page)) == ([], [])
        await held.resume(suspension, POLICE)
        await held.until_items((3, "event-0001", "released"), (4, "event-0002", "released"))
        assert await held.stubs() == [(1, "RELEASED", 3), (2, "RELEASED", 4)]
        # A reader that had passed the stubs meets the items, in their old order.
        assert numbers(await held.read(next_page)) == ([3, 4], [])
        assert (await held.api.get(CARE, "/v1/inbox/1")).status_code == 410
        await held.route("event-0003")
        await held.until_looked_at(task)
        assert await held.items() == [
            (3, "event-0001", "released"),
            (4, "event-0002", "released"),
            (5, "event-0003", None),
        ]
    await held.assert_gapless()
    await held.assert_gapless(AID)


async def test_what_was_acknowledged_comes_again_only_if_it_was_never_read(held: Held) -> None:
    names = [f"event-{number:04}" for number in range(1, 4)]
    await held.route(*names)
    async with held.delivering():
        await held.read("/v1/inbox?limit=1")
        await held.api.acknowledge(CARE, 1)
        suspension = await held.notify(COUNCIL, "suspend")
        # As a stub: whoever puts it away has not had what it stands for.
        assert (await held.api.acknowledge(CARE, 2)).status_code == 200
        await held.resume(suspension, COUNCIL, POLICE)
        await held.until_items(
            (1, "event-0001", None), (4, "event-0002", "released"), (5, "event-0003", "released")
        )
        # The number that was put away does not turn up again.
        assert numbers(await held.read()) == ([4, 5], [(3, "RELEASED")])
    await held.assert_gapless()


@pytest.mark.parametrize("point", ["releasing", "released"])
async def test_a_process_killed_around_a_release_releases_once(
    held: Held, tmp_path: Path, point: str
) -> None:
    await held.route("event-0001")
    async with held.delivering():
        pass
    suspension = await held.notify(COUNCIL, "suspend")
    await held.resume(suspension, COUNCIL, POLICE)
    process = await start_dying(held.exchange, tmp_path / "log", point)
    assert await asyncio.to_thread(process.exit_code) == -signal.SIGKILL
    assert await held.stubs() == ([(1, "RELEASED", 2)] if point == "released" else [])
    async with held.delivering() as task:
        await held.until_items((2, "event-0001", "released"))
        await held.until_looked_at(task)
    assert await held.items() == [(2, "event-0001", "released")]
    assert await held.stubs() == [(1, "RELEASED", 2)]


async def test_a_process_killed_among_many_releases_goes_on_where_it_was(
    held: Held, tmp_path: Path
) -> None:
    count = MOST_AT_ONCE + 50
    names = [f"event-{number:05}" for number in range(count)]
    await held.route(*names)
    async with held.delivering():
        pass
    suspension = await held.notify(COUNCIL, "suspend")
    await held.resume(suspension, COUNCIL, POLICE)
    process = await start_dying(held.exchange, tmp_path / "log", "released")
    assert await asyncio.to_thread(process.exit_code) == -signal.SIGKILL
    assert len(await held.stubs()) == MOST_AT_ONCE
    await held.notify("charity", "suspend")  # the register has gone on when it starts again
    async with held.delivering():
        await held.until_items(
            *((count + number + 1, name, "released") for number, name in enumerate(names))
        )
    assert len(await held.stubs()) == count
    await held.assert_gapless()


async def test_a_suspension_that_came_and_went_while_deliver_was_stopped_is_found(
    held: Held,
) -> None:
    await held.route("event-0001")
    async with held.delivering():
        pass
    suspension = await held.notify(POLICE, "suspend")
    assert numbers(await held.read()) == ([], [(1, "SUSPENDED")])
    await held.resume(suspension, COUNCIL, POLICE)
    async with held.delivering():
        await held.until_items((2, "event-0001", "released"))


async def test_what_waited_for_a_late_signature_comes_again(held: Held) -> None:
    await held.route("event-0001")
    newer = agreement(2)
    async with held.delivering() as task:
        await held.sign(newer, POLICE, "charity")
        page = await held.read()
        assert numbers(page) == ([], [(1, "UNSIGNED_BY_RECIPIENT")])
        await held.until_looked_at(task)
        assert await held.items() == [(1, "event-0001", None)]
        held.register.sign(newer, COUNCIL)
        await held.write_register()
        await held.until_items((2, "event-0001", "released"))
        assert numbers(await held.read(page["links"]["next"])) == ([2], [])


async def test_a_withdrawal_leaves_stubs_and_empties_what_nobody_collected(held: Held) -> None:
    await held.route("event-0001", "event-0002")
    late = held.decide("event-0003")
    async with held.delivering():
        await held.read("/v1/inbox?limit=1")
        await held.notify(COUNCIL, "withdraw")
        await until(lambda: _is_empty(held, {1: False, 2: True}))
        await held.exchange.write(late)  # decided before the notice
        await until(lambda: _is_empty(held, {1: False, 2: True, 3: True}))
    page = await held.read()
    assert numbers(page) == ([], [(seq, "WITHDRAWN") for seq in (1, 2, 3)])
    assert (await held.api.get(CARE, "/v1/inbox/2")).status_code == 410
    assert await held.stubs() == []
    rows = await held.exchange.ask("SELECT body FROM concordat.delivery WHERE agency = $1", AID)
    assert len(rows) == 3
    assert all(body for (body,) in rows)


async def _is_empty(held: Held, expected: dict[int, bool]) -> bool:
    rows = await held.exchange.ask(
        """SELECT seq, body IS NULL AND purged_at IS NOT NULL FROM concordat.delivery
           WHERE agency = $1""",
        CARE,
    )
    return dict(rows) == expected


async def test_without_the_register_deliver_delivers_and_says_what_it_cannot_do(
    exchange: Exchange, held: Held
) -> None:
    gone = exchange.admin.delete_topics([exchange.register])
    await asyncio.wrap_future(gone[exchange.register])
    readiness = Readiness()
    async with exchange.delivering(readiness=readiness) as task:
        await ready(readiness, task)
        await held.route("event-0001")
        await until(exchange.is_all_consumed, task)

        async def says_so() -> bool:
            return "the register cannot be read" in readiness.reason

        await until(says_so, task)
        assert readiness.ready
        assert readiness.reason.startswith("delivers; ")
        assert await held.items() == [(1, "event-0001", None)]
        await exchange.make_register()

        async def says_nothing() -> bool:
            return readiness.reason == "delivers"

        await until(says_nothing, task)


async def test_nothing_is_lost_or_doubled_while_items_are_released_and_stored_at_once(
    held: Held,
) -> None:
    first = [f"early-{number:04}" for number in range(50)]
    later = [f"later-{number:04}" for number in range(200)]
    await held.route(*first)
    seen: list[str] = []
    async with held.delivering():
        suspension = await held.notify(COUNCIL, "suspend")
        page = await held.read("/v1/inbox?limit=500")
        assert len(page["stopped"]) == 50
        reading = asyncio.ensure_future(_read_on(held, page["links"]["next"], seen, 250))
        await held.resume(suspension, COUNCIL, POLICE)
        for start in range(0, 200, 10):
            await held.route(*later[start : start + 10])
        await asyncio.wait_for(reading, 30)
    assert sorted(seen) == sorted([*first, *later])
    assert [name for name in seen if name.startswith("early")] == first
    assert [name for name in seen if name.startswith("later")] == later
    await held.assert_gapless()


async def _read_on(held: Held, path: str, seen: list[str], count: int) -> None:
    while len(seen) < count:
        response = await held.api.get(CARE, path + "&wait=1")
        assert response.status_code == 200, response.text
        page = response.json()
        seen.extend(item["delivery"]["originid"] for item in page["items"])
        path = page["links"]["next"].replace("&wait=1", "")
