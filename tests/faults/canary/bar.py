"""A unique mark in every sensitive field, then a search of everything for all of them."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from canaries import marks_in
from concordat_events.catalogue import CATALOGUE
from concordat_events.envelope import Event, write_event
from e2e.bad_input import POLICE
from faults.asking import ask
from faults.bar import Bar, Ground
from faults.canary import places
from faults.canary.bad_places import BadOnRig
from faults.canary.bugs import BUGS
from faults.canary.contents import claim_contents
from faults.canary.contracts_exchange import exchange_of_contracts
from faults.canary.crash import NEEDED, Crashes
from faults.canary.marked_events import Planted, fields_with_room, plant, sensitive_fields
from faults.rig import Rig, open_rig
from kafka_log import append

BATCH = "application/cloudevents-batch+json"
OVER_HTTP_EVERY, EXPLAINED_EVERY = 3, 10
REGISTER = "topic register"
"""What was written there by hand stands there, and nowhere else."""


KINDS = {"answer", "topic", "table", "view", "statistics", "file", "/metrics", "concordat"}
"""How the places begin that every exchange has: none may be missing."""


@dataclass
class Search:
    """What was searched and what was found where it has no business."""

    places: int = 0
    bytes: int = 0
    kinds: set[str] = field(default_factory=set)
    leaks: list[str] = field(default_factory=list)

    def through(self, name: str, text: str, marks: set[str]) -> None:
        """Search a place in which none of `marks` may be."""
        self.places += 1
        self.bytes += len(text)
        self.kinds.add(name.split(maxsplit=1)[0])
        found = marks_in(text) & marks
        self.leaks += [f"{name} holds {len(found)} marks"] if found else []


async def run(ground: Ground) -> None:
    """Plant, publish, refuse, crash; then search."""
    copies, invented = ground.pick(smoke=(1, 40), full=(20, 900))
    planted = await asyncio.to_thread(plant, ground.draw, copies, invented)
    register = exchange_of_contracts(ground.stacks.folder("keys"))
    infrastructure = await ground.stacks.infrastructure()
    async with open_rig(ground, register) as rig:
        await asyncio.to_thread(rig.start_all, admit=1, route=1, deliver=1, inbox=1)
        now, later = planted.events[:-NEEDED], planted.events[-NEEDED:]
        search, answers = Search(), await _publish(rig, now)
        bad = BadOnRig(rig, _incident(planted))
        await asyncio.to_thread(bad.through_kafka)
        await asyncio.to_thread(bad.conflict)
        answers += await asyncio.to_thread(_refused, rig, bad)
        crashes = Crashes(rig, iter(later))
        await crashes.everywhere()
        await rig.until_drained()
        inboxes, asked = await _read(rig, planted)
        marks = {*planted.by_mark, *bad.tokens}
        servers = infrastructure.servers._state.logs
        for name, text in [
            *answers,
            *asked,
            *crashes.said,
            *await _left_behind(rig, planted, servers),
        ]:
            search.through(name, text, marks - (bad.in_register if name == REGISTER else set()))
        await claim_contents(ground.findings, rig, planted, inboxes)
        _claim(ground, planted, bad, search)
        ground.findings.least(8, crashes=crashes.deaths)


def _incident(planted: Planted) -> dict[str, Any]:
    kind = "domestic-abuse.incident-recorded.v1"
    chosen = (each for each in planted.events if (each.publisher, each.type) == (POLICE, kind))
    content: dict[str, Any] = json.loads(write_event(next(chosen)))
    return content


def _claim(ground: Ground, planted: Planted, bad: BadOnRig, search: Search) -> None:
    findings = ground.findings
    room = fields_with_room()
    findings.least(ground.pick(smoke=700, full=10_000), marks_planted=len(planted.by_mark))
    findings.least(len(CATALOGUE), types=len({each.type for each in planted.events}))
    findings.least(30, marks_in_bad_input=len(bad.tokens))
    findings.least(ground.pick(smoke=300, full=2_000), places_searched=search.places)
    findings.least(ground.pick(smoke=300_000, full=10_000_000), bytes_searched=search.bytes)
    findings.same([], kinds_not_searched=sorted(KINDS - search.kinds))
    findings.none(places_with_a_mark=len(search.leaks))
    findings.same(len(room), sensitive_fields_marked=len(planted.fields & room))
    ground.figure(sensitive_fields=sensitive_fields())
    for each in search.leaks[:8]:
        findings.fail(each)


async def _publish(rig: Rig, events: Sequence[Event]) -> list[tuple[str, str]]:
    """Two of three through Kafka, the rest through the API, each as its own agency."""
    said, mine = [], defaultdict[str, list[Event]](list)
    for each in events:
        mine[each.publisher].append(each)
    for agency, own in sorted(mine.items()):
        through_api = own[::OVER_HTTP_EVERY]
        records = [
            (each.subject.encode(), write_event(each)) for each in own if each not in through_api
        ]
        topic, producer = rig.exchange.topics.outbox(agency), rig.exchange.producer
        assert not await asyncio.to_thread(append, producer, topic, records)
        async with rig.client(agency) as client:
            body = b"[" + b",".join(map(write_event, through_api)) + b"]"
            sent = {"content": body, "headers": {"content-type": BATCH}}
            answer = await ask(client, "POST", "/v1/events", **sent)
        assert answer.status_code == httpx.codes.ACCEPTED, answer.text
        said.append((f"answer to a publication of {agency}", f"{answer.headers} {answer.text}"))
    await rig.until_drained()
    return said


def _refused(rig: Rig, bad: BadOnRig) -> list[tuple[str, str]]:
    headers = {"Authorization": f"Bearer {rig.token(POLICE)}"}
    with httpx.Client(base_url=rig.api(), headers=headers, timeout=40, trust_env=False) as client:
        return [
            (f"answer to a bad request {number}", f"{each.status_code} {each.headers} {each.text}")
            for number, each in enumerate(bad.through_http(client))
        ]


async def _read(
    rig: Rig, planted: Planted
) -> tuple[dict[str, list[dict[str, Any]]], list[tuple[str, str]]]:
    """Every inbox; and what is told of each event to its publisher and to somebody else."""
    inboxes: dict[str, list[dict[str, Any]]] = {}
    told = []
    for number, agency in enumerate(sorted(rig.exchange.register.book.agencies)):
        own = [each.id for each in planted.events if each.publisher == agency]
        strange = next(each.id for each in planted.events[number:] if each.publisher != agency)
        async with rig.client(agency) as client:
            inboxes[agency] = await _items(client)
            for path in (
                *(f"/v1/events/{each}" for each in (*own, strange)),
                *(f"/v1/events/{each}/explanation" for each in (*own[::EXPLAINED_EVERY], strange)),
            ):
                answer = await ask(client, "GET", path)
                assert answer.is_success == (strange not in path), answer.text
                told.append((f"{path} to {agency}", f"{answer.headers} {answer.text}"))
    return inboxes, told


async def _items(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    query: dict[str, str] = {"limit": "500", "all": "true"}
    while True:
        page = (await ask(client, "GET", "/v1/inbox", params=query)).json()
        if not page["items"]:
            return found
        found += page["items"]
        query["after"] = page["cursor"]


async def _left_behind(rig: Rig, planted: Planted, servers: Path) -> list[tuple[str, str]]:
    event = next(each for each in planted.events if each.publisher == POLICE)
    found = [*await places.postgres(rig)]
    for each in (
        places.kafka(rig),
        places.files(rig, servers),
        places.metrics(rig),
        places.terminal(rig, event.id, POLICE),
    ):
        found += await asyncio.to_thread(list, each)
    return found


BAR = Bar("canary", ("P1", "P7"), run, 60, BUGS)
