"""What must hold of events that were published ten times, read from the log and the tables."""

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import httpx
import msgspec

from exchange_on_kafka import PUBLISHERS
from faults.duplicates.namesakes import Repeated
from faults.findings import Findings
from faults.load import Identity
from faults.outcome import count_out_of_order
from faults.reading import each_record
from faults.rig import Rig

Admission = tuple[int, int]
LATE, LATE_SIGNER = "adult-care", "fire"
"""The agencies that come into force later: by a new version, by a late signature."""
_ASKED_AT_ONCE = 8


class _Data(msgspec.Struct):
    category: str


class _Envelope(msgspec.Struct):
    id: str
    source: str
    data: _Data


@dataclass
class Kept:
    """The log and the tables; bodies are known by their category."""

    admitted: dict[Admission, tuple[Identity, str]] = field(default_factory=dict)
    deciding: dict[Identity, Admission] = field(default_factory=dict)
    repeats: dict[Admission, bool] = field(default_factory=dict)
    """Whether each is in conflict."""
    given: dict[Identity, list[tuple[str, str]]] = field(default_factory=lambda: defaultdict(list))
    """Agency and category of each delivery that was not replayed."""
    placed: list[tuple[tuple[str, str], Admission]] = field(default_factory=list)
    """Agency, case and deciding admission of those that came with it, in the inboxes' order."""
    released: int = 0
    """How many of those came later, marked."""

    def conflicts(self) -> Counter[Identity]:
        """How often each event is said to have a conflict."""
        return Counter(
            self.admitted[each][0] for each, conflict in self.repeats.items() if conflict
        )


async def read_kept(rig: Rig) -> Kept:
    """Read it all, once everything has drained."""
    kept = Kept()
    await asyncio.to_thread(_read_admitted, rig, kept)
    place = "admission_partition AS p, admission_offset AS o"
    for row in await rig.ask(f"SELECT source, id, {place} FROM concordat.event"):
        kept.deciding[row["source"], row["id"]] = (row["p"], row["o"])
    for row in await rig.ask(f"SELECT {place}, conflict FROM concordat.repeat"):
        kept.repeats[row["p"], row["o"]] = row["conflict"]
    deliveries = await rig.ask(
        "SELECT agency, subject, source, event_id, arrived, "
        "body::json->'data'->>'category' AS category "
        "FROM concordat.delivery WHERE arrived IS DISTINCT FROM 'replayed' ORDER BY agency, seq"
    )
    for row in deliveries:
        identity = row["source"], row["event_id"]
        kept.given[identity].append((row["agency"], row["category"]))
        if row["arrived"] == "released":
            kept.released += 1
        else:
            case = row["agency"], row["subject"]
            kept.placed.append((case, kept.deciding.get(identity, (-1, -1))))
    return kept


def _read_admitted(rig: Rig, kept: Kept) -> None:
    for record in each_record(rig.exchange.kafka, rig.exchange.topics.incidents):
        event = msgspec.json.decode(record.value or b"", type=_Envelope)
        place = record.partition, record.offset
        kept.admitted[place] = ((event.source, event.id), event.data.category)


def recipients_of(event: Repeated, category: str, fresh: bool) -> set[str]:
    """Who must get this body; `fresh` events came after the late parties were in force."""
    if not event.is_shared(category):
        return set()
    late = {LATE} | ({LATE_SIGNER} if event.publisher == "police" else set()) if fresh else set()
    return {each for each in PUBLISHERS if each != event.publisher} | late


def claim_once(findings: Findings, kept: Kept, old: range, fresh: range, times: int) -> None:
    """Claim one delivery each, of the body that was admitted first, and all conflicts told."""
    events = [Repeated(number) for number in (*old, *fresh)]
    known = {event.identity for event in events}
    seen = Counter(identity for identity, _ in kept.admitted.values())
    findings.least(times, copies_admitted_of_each=min(seen[each.identity] for each in events))
    findings.figures.update(events=len(events), admissions=len(kept.admitted))
    findings.none(
        lost=sum(each.identity not in kept.deciding for each in events),
        invented=len(kept.deciding.keys() - known),
        admissions_unaccounted=_unaccounted(kept),
    )
    counts: Counter[str] = Counter()
    for event in events:
        if event.identity in kept.deciding:
            counts.update(_faults(kept, event, fresh=event.number in fresh))
    wrong = ("delivered_twice", "undelivered", "misdelivered", "delivered_late", "other_bodies")
    findings.none(**{name: counts[name] for name in wrong})
    findings.least(1, deliveries_to_late_parties=counts["to_late"])
    for name in ("nobody_then_nobody", "nobody_then_some", "some_then_nobody", "some_then_some"):
        findings.least(1, **{f"conflicts_{name}": counts[name]})
    findings.none(
        conflicts_wrong=_wrong_conflicts(kept), out_of_order=count_out_of_order(kept.placed)
    )
    findings.figures.update(released=kept.released)


def _unaccounted(kept: Kept) -> int:
    """How many admissions neither decided an event nor are kept as repeats, or do both."""
    known = Counter(kept.deciding.values()) + Counter(kept.repeats.keys())
    return sum(known[each] != 1 for each in kept.admitted) + len(known.keys() - kept.admitted)


def _faults(kept: Kept, event: Repeated, fresh: bool) -> Counter[str]:
    category = kept.admitted[kept.deciding[event.identity]][1]
    given = kept.given[event.identity]
    wanted = recipients_of(event, category, fresh)
    agencies = Counter(agency for agency, _ in given)
    late = {LATE, LATE_SIGNER}
    found = Counter(
        delivered_twice=sum(count > 1 for count in agencies.values()),
        undelivered=len(wanted - agencies.keys()),
        misdelivered=len(agencies.keys() - wanted - late),
        delivered_late=len((agencies.keys() & late) - wanted),
        other_bodies=sum(other != category for _, other in given),
        to_late=len(agencies.keys() & late & wanted),
    )
    if event.has_namesake:
        shared = event.combination if category == "drugs" else event.combination[::-1]
        before, after = ("some" if each else "nobody" for each in shared)
        found[f"{before}_then_{after}"] += 1
    return found


def _wrong_conflicts(kept: Kept) -> int:
    """Repeats of the same body that are called conflicts, and conflicts that are not."""
    wrong = 0
    for place, conflict in kept.repeats.items():
        identity, category = kept.admitted[place]
        wrong += conflict != (category != kept.admitted[kept.deciding[identity]][1])
    return wrong


async def claim_told(
    findings: Findings, rig: Rig, kept: Kept, asked: Iterable[Repeated], draw: random.Random
) -> None:
    """Claim that GET /v1/events/{id} tells each publisher how many conflicts there are."""
    conflicts = kept.conflicts()
    repeats = Counter(kept.admitted[each][0] for each, bad in kept.repeats.items() if not bad)
    wrong = told = 0
    turns = asyncio.Semaphore(_ASKED_AT_ONCE)

    async def ask(client: httpx.AsyncClient, event: Repeated) -> None:
        nonlocal wrong, told
        async with turns:
            answer = await client.get(f"/v1/events/{event.id}")
        status = answer.json() if answer.is_success else {}
        expected = conflicts[event.identity], repeats[event.identity]
        wrong += (status.get("conflicts"), status.get("repeats")) != expected
        told += event.has_namesake and status.get("conflicts", 0) > 0

    chosen = list(asked)
    for publisher in PUBLISHERS:
        async with rig.client(publisher) as client:
            await asyncio.gather(*(ask(client, e) for e in chosen if e.publisher == publisher))
    findings.none(publishers_told_wrong=wrong)
    findings.least(sum(each.has_namesake for each in chosen), conflicts_told=told)
