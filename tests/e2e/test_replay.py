"""What was withheld while an agreement was suspended comes late, once, under the same ids."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from concordat.agreements.day import rfc3339
from concordat.cli.target import find_target
from concordat.publish.demo_data import demo_events
from concordat.runtime.clock import system_clock
from concordat.stack.demonstration import DATA
from concordat.stack.exchange import Exchange
from concordat.stack.state_directory import StateDirectory
from concordat.stages.route import delivery_id_of
from concordat_events.envelope import Event
from concordat_events.lines.domestic_abuse import IncidentRecorded
from e2e.asking import ask
from e2e.command import Answer, concordat
from e2e.in_process import Witness, exchange_in, publish, settled, state_in
from e2e.stored import Row, read_stored

AGREEMENT, LAW, SHARE = "worcestershire-domestic-abuse", "support-victim", "idva-referral"
AGENCY, CHARITY, POLICE = "womens-aid", "west-mercia-womens-aid", "west-mercia-police"
CASES = 3
REPEATED = 2

pytestmark = pytest.mark.timeout(500)


def is_referral(event: Event) -> bool:
    """Whether Women's Aid is to get it: the share `idva-referral`, in plain words."""
    data = event.data
    assert isinstance(data, IncidentRecorded)
    reachable = data.safe_contact is not None and data.safe_contact.window is not None
    agreed = data.grade == "high" and data.consent == "given"
    return agreed and reachable and AGENCY not in event.denied


def incidents() -> list[Event]:
    every = demo_events(DATA, lambda _: None)
    return [event for event in every if isinstance(event.data, IncidentRecorded)]


def id_of(event: Event) -> str:
    """The id that route gives the delivery to Women's Aid."""
    return delivery_id_of(event.source, event.id, AGENCY, AGREEMENT, LAW)


@dataclass
class Suspended:
    """An exchange in which a suspension was begun, and ended by both, while events came in."""

    exchange: Exchange
    state: StateDirectory
    folder: Path
    before: list[Event]
    meanwhile: list[Event]
    since: str = ""
    until: str = ""

    async def run(self, *arguments: str | Path) -> Answer:
        """Run a command; the supervisor of the exchange goes on beside it."""
        options = ("--state", self.state.path)
        return await asyncio.to_thread(concordat, *arguments, *options, folder=self.folder)

    async def say(self, action: str, controller: str) -> None:
        about = ("--controller", controller, "--because", "A test asks for it.")
        answer = await self.run("agreements", action, AGREEMENT, *about)
        assert answer.code == 0, answer.err

    async def replay(self, *options: str) -> Answer:
        about = ("--from", self.since, "--to", self.until, "--agency", AGENCY)
        return await self.run("replay", *about, "--json", *options)

    async def inbox(self) -> list[Row]:
        """The rows of Women's Aid, in the order of their numbers."""
        stored = await read_stored(self.state, self.exchange.stack)
        return [row for row in stored.delivery if row["agency"] == AGENCY]


@pytest.fixture(scope="module")
async def suspended(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Suspended]:
    folder = tmp_path_factory.mktemp("replay")
    state = state_in(folder)
    every = incidents()
    # Few cases, so that the order within each can be seen.
    meanwhile = [
        event.model_copy(update={"subject": f"case-replayed-{number % CASES}"})
        for number, event in enumerate(every[200:400])
    ]
    async with exchange_in(state, Witness()) as exchange:
        told = Suspended(exchange, state, folder, every[:200], meanwhile)
        await publish(exchange.stack, told.before)
        await settled(exchange)
        await told.say("suspend", CHARITY)
        told.since = rfc3339(system_clock())
        await publish(exchange.stack, told.meanwhile)
        await publish(exchange.stack, told.meanwhile[:REPEATED])
        await settled(exchange)
        told.until = rfc3339(system_clock())
        yield told


def referrals(events: list[Event]) -> set[str]:
    return {id_of(event) for event in events if is_referral(event)}


async def test_nothing_is_delivered_while_it_is_suspended_nor_by_a_replay(
    suspended: Suspended,
) -> None:
    before = referrals(suspended.before)
    assert len(before) > 10
    assert {row["id"] for row in await suspended.inbox()} == before
    answer = await suspended.replay("--yes")
    assert answer.code == 0, answer.err
    told = answer.json["rehearsal"]
    assert told["delivering"] == 0
    assert told["withheld"] == [{"reason": "SUSPENDED", "field": None, "events": 200}]
    assert answer.json["delivered"] is answer.json["replay"] is None
    assert {row["id"] for row in await suspended.inbox()} == before


async def test_one_side_alone_lets_nothing_through(suspended: Suspended) -> None:
    await suspended.say("resume", CHARITY)
    answer = await suspended.replay("--yes")
    assert (answer.code, answer.json["rehearsal"]["delivering"]) == (0, 0), answer.err


async def test_without_a_yes_it_rehearses_and_writes_nothing(suspended: Suspended) -> None:
    await suspended.say("resume", POLICE)
    wanted = referrals(suspended.meanwhile)
    assert len(wanted) > 10
    answer = await suspended.replay()
    assert answer.code == 1, answer.err
    told: dict[str, Any] = answer.json["rehearsal"]
    assert told["admissions"] == {
        "decides": len(suspended.meanwhile),
        "repeat": REPEATED,
        "undecided": 0,
        "unreadable": 0,
    }
    assert told["delivering"] == told["deliveries"]["new"] == len(wanted)
    assert told["shares"] == [{"agreement": AGREEMENT, "share": SHARE, "deliveries": len(wanted)}]
    withheld = sum(each["events"] for each in told["withheld"])
    assert withheld == len(suspended.meanwhile) - len(wanted)
    assert set(told["examples"]) <= {each.id for each in suspended.meanwhile if is_referral(each)}
    assert "nothing was written" in answer.err
    assert not wanted & {row["id"] for row in await suspended.inbox()}


async def test_with_a_yes_it_delivers_under_the_ids_that_route_gives(
    suspended: Suspended,
) -> None:
    wanted = referrals(suspended.meanwhile)
    answer = await suspended.replay("--yes")
    assert answer.code == 0, answer.err
    assert answer.json["delivered"] == len(wanted)
    rows = await suspended.inbox()
    assert {row["id"] for row in rows} == wanted | referrals(suspended.before)
    replayed = {row["id"] for row in rows if row["arrived"] == "replayed"}
    assert replayed == wanted


async def test_the_recipient_reads_them_and_is_told_that_they_come_late(
    suspended: Suspended,
) -> None:
    def read() -> list[dict[str, Any]]:
        with find_target(suspended.state.path).http(AGENCY) as client:
            page = ask(client, "GET", "/v1/inbox", params={"limit": 500}).json()
        items: list[dict[str, Any]] = page["items"]
        return items

    items = await asyncio.to_thread(read)
    late = {each["delivery"]["id"] for each in items if each.get("arrived") == "replayed"}
    assert late == referrals(suspended.meanwhile)


async def test_in_every_case_they_come_in_the_order_of_their_events(suspended: Suspended) -> None:
    place = {event.id: number for number, event in enumerate(suspended.meanwhile)}
    replayed = [row for row in await suspended.inbox() if row["arrived"] == "replayed"]
    cases = {row["subject"] for row in replayed}
    assert len(cases) == CASES
    for case in cases:
        came = [place[row["event_id"]] for row in replayed if row["subject"] == case]
        assert len(came) > 1
        assert came == sorted(came)


async def test_a_second_replay_adds_nothing(suspended: Suspended) -> None:
    before = await suspended.inbox()
    answer = await suspended.replay("--yes")
    assert answer.code == 0, answer.err
    told = answer.json["rehearsal"]
    assert (told["delivering"], told["delivered"]) == (0, len(referrals(suspended.meanwhile)))
    assert answer.json["delivered"] is None
    assert await suspended.inbox() == before


async def test_other_inboxes_stay_as_they_were(suspended: Suspended) -> None:
    stored = await read_stored(suspended.state, suspended.exchange.stack)
    others = {row["arrived"] for row in stored.delivery if row["agency"] != AGENCY}
    assert others == {None}


async def test_an_agency_that_is_not_registered_is_refused(suspended: Suspended) -> None:
    about = ("--from", suspended.since, "--to", suspended.until, "--agency", "nobody-at-all")
    answer = await suspended.run("replay", *about, "--yes")
    assert answer.code == 1
    assert "no agency nobody-at-all is registered" in answer.err


async def test_a_rehearsal_over_the_running_stack_comes_to_what_it_decided(
    suspended: Suspended,
) -> None:
    file = Path(__file__).parents[2] / "contracts" / "agreements" / f"{AGREEMENT}.yaml"
    day = system_clock().date().isoformat()
    answer = await suspended.run("agreements", "rehearse", file, "--since", day, "--json")
    assert answer.code == 0, answer.err
    every = [*suspended.before, *suspended.meanwhile]
    told = answer.json
    assert (told["decided"], told["repeats"], told["faulty"]) == (len(every), REPEATED, 0)
    assert told["recipients"][AGENCY]["shared"] == len(referrals(every))
