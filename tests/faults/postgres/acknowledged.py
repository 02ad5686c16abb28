"""Agencies over HTTP that remember everything the exchange has acknowledged to them."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
import msgspec

from exchange_on_kafka import PUBLISHERS, event
from faults.beside import beside
from faults.findings import Findings
from faults.rig import Rig

BATCH = 20
_BATCHED = {"content-type": "application/cloudevents-batch+json"}
_PROBLEM = "application/problem+json"
_PAUSE_SECONDS = 0.05
_STALLED_SECONDS = 60.0


class _Delivery(msgspec.Struct):
    id: str


class _Item(msgspec.Struct):
    seq: int
    delivery: _Delivery


class _Page(msgspec.Struct):
    items: list[_Item]
    cursor: str


@dataclass
class Agency:
    """Publishes and reads without pause. An unanswered or refused call is made again.

    `accepted` are the events that were answered 202, `read` the items of every page by number,
    `put_away` the numbers whose acknowledgement was answered 200.
    """

    name: str
    client: httpx.AsyncClient
    accepted: int = 0
    read: dict[int, str] = field(default_factory=dict)
    put_away: set[int] = field(default_factory=set)
    answers: Counter[str] = field(default_factory=Counter)
    after: str | None = None
    paused: bool = False

    async def publish(self) -> None:
        """Publish until cancelled; the number of an event is in its id."""
        while True:
            while self.paused:  # noqa: ASYNC110 - set by another task now and then
                await asyncio.sleep(_PAUSE_SECONDS)
            numbers = range(self.accepted, self.accepted + BATCH)
            body = b"[%s]" % b",".join(event(number, self.name, 500) for number in numbers)
            await self._until("POST", "/v1/events", 202, content=body, headers=_BATCHED)
            self.accepted += BATCH
            await asyncio.sleep(_PAUSE_SECONDS)

    async def follow(self) -> None:
        """Read and acknowledge until cancelled."""
        while True:
            query = {"limit": "200"} | ({"after": self.after} if self.after else {})
            answer = await self._until("GET", "/v1/inbox", 200, params=query)
            page = msgspec.json.decode(answer.content, type=_Page)
            self.read.update((item.seq, item.delivery.id) for item in page.items)
            self.after = page.cursor
            seqs = [item.seq for item in page.items]
            if seqs:
                await self._until("POST", "/v1/inbox/ack", 200, json={"seqs": seqs})
                self.put_away.update(seqs)
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _until(self, method: str, path: str, wanted: int, **sent: object) -> httpx.Response:
        """Call until it is answered so; every answer is counted."""
        while True:
            try:
                answer = await self.client.request(method, path, **sent)  # type: ignore[arg-type]
            except httpx.TransportError as error:
                self.answers[type(error).__name__] += 1
                await asyncio.sleep(_PAUSE_SECONDS)
                continue
            self.answers[_name_of(answer)] += 1
            if answer.status_code == wanted:
                return answer
            await asyncio.sleep(_PAUSE_SECONDS)


def _name_of(answer: httpx.Response) -> str:
    if answer.is_success:
        return str(answer.status_code)
    named = answer.headers.get("content-type") == _PROBLEM and "retry-after" in answer.headers
    return f"{answer.status_code}" if named else f"{answer.status_code} without a problem"


@dataclass
class Agencies:
    """All publishers, at work inside `at_work`."""

    each: list[Agency]

    @property
    def answers(self) -> Counter[str]:
        """Every answer so far, by status."""
        return sum((agency.answers for agency in self.each), Counter())

    @property
    def refused(self) -> int:
        """How often a call was answered with a refusal of any kind so far."""
        return sum(count for name, count in self.answers.items() if name[:1] in ("4", "5"))

    @property
    def done(self) -> tuple[int, ...]:
        """How much was acknowledged so far: events, items read, items put away."""
        return (
            sum(agency.accepted for agency in self.each),
            sum(len(agency.read) for agency in self.each),
            sum(len(agency.put_away) for agency in self.each),
        )

    async def until_more(self) -> None:
        """Wait until more of every kind was acknowledged than now."""
        before = self.done
        async with asyncio.timeout(_STALLED_SECONDS):
            while not all(now > then for now, then in zip(self.done, before, strict=True)):  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    async def until_all_read(self, rig: Rig) -> None:
        """Stop publishing and wait until everybody has put away all there is."""
        for agency in self.each:
            agency.paused = True
        await asyncio.sleep(2 * _PAUSE_SECONDS)
        await rig.until_drained()
        for agency in self.each:
            query = "SELECT last_seq FROM concordat.inbox WHERE agency = $1"
            [[last]] = await rig.ask(query, agency.name)
            while len(agency.put_away) < last:  # noqa: ASYNC110 - another process's progress
                await asyncio.sleep(0.1)

    def identities(self) -> set[tuple[str, str]]:
        """(source, id) of every event that was accepted."""
        return {
            (f"//{agency.name}", f"{agency.name}-{number:08d}")
            for agency in self.each
            for number in range(agency.accepted)
        }


@asynccontextmanager
async def at_work(rig: Rig) -> AsyncIterator[Agencies]:
    """Every publisher publishes and reads inside the block."""
    agencies = Agencies([Agency(name, rig.client(name)) for name in PUBLISHERS])
    work = [task for each in agencies.each for task in (each.publish(), each.follow())]
    try:
        async with beside(*work):
            yield agencies
    finally:
        for agency in agencies.each:
            await agency.client.aclose()


async def claim_kept(findings: Findings, rig: Rig, agencies: Agencies, part: str) -> None:
    """Claim that whatever was acknowledged is in the database as it was."""
    changed = unacknowledged = 0
    for agency in agencies.each:
        rows = await rig.ask(
            "SELECT seq, id, acknowledged_at FROM concordat.delivery WHERE agency = $1", agency.name
        )
        kept = {row["seq"]: row for row in rows}
        for seq, delivery_id in agency.read.items():
            changed += seq not in kept or kept[seq]["id"] != delivery_id
        for seq in agency.put_away:
            unacknowledged += seq not in kept or kept[seq]["acknowledged_at"] is None
    events, read, put_away = agencies.done
    stored = await rig.ask("SELECT source, id FROM concordat.event")
    lost = agencies.identities() - {(row["source"], row["id"]) for row in stored}
    wrong = {k: v for k, v in agencies.answers.items() if k not in ("200", "202", "503")}
    findings.none(
        **{
            f"{part}_accepted_events_lost": len(lost),
            f"{part}_items_read_lost": changed,
            f"{part}_acknowledgements_lost": unacknowledged,
        }
    )
    findings.same({}, **{f"{part}_other_answers": wrong})
    findings.least(
        1,
        **{
            f"{part}_events_accepted": events,
            f"{part}_items_read": read,
            f"{part}_items_acknowledged": put_away,
            f"{part}_answers_503": agencies.answers["503"],
        },
    )
