"""What became of each poison: read from receipts, dead letters, `incidents` and the tables."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

import msgspec

from exchange_on_kafka import PUBLISHERS
from faults.findings import Findings
from faults.load import RECIPIENTS_EACH, Identity
from faults.poison.poisons import CANARY, Fate, Poison
from faults.reading import each_record
from faults.rig import Rig
from faults.sending import Place

_TABLES = ("event", "repeat", "delivery", "unreadable_routed", "stub", "redecision")


@dataclass
class Told:
    """By the place of the record: the fault codes of its receipts, the reasons of dead letters."""

    receipts: dict[Place, list[frozenset[str]]] = field(default_factory=lambda: defaultdict(list))
    dead: dict[Place, list[str]] = field(default_factory=lambda: defaultdict(list))
    admitted: Counter[Identity] = field(default_factory=Counter)
    odd: int = 0
    """Admissions that are not written as an event is written."""
    canaries: Counter[str] = field(default_factory=Counter)


class _Fault(msgspec.Struct):
    code: str


class _Refusal(msgspec.Struct):
    faults: list[_Fault]


class _Receipt(msgspec.Struct):
    data: _Refusal


class _Letter(msgspec.Struct):
    reason: str


async def read_told(rig: Rig) -> Told:
    """Read it all, once everything has drained."""
    told = Told()
    await asyncio.to_thread(_read_topics, rig, told)
    await read_canaries(rig, told.canaries)
    return told


def _read_topics(rig: Rig, told: Told) -> None:
    kafka, topics = rig.exchange.kafka, rig.exchange.topics
    for publisher in PUBLISHERS:
        read_receipts(rig, publisher, told)
    for record in each_record(kafka, topics.dead_letters):
        value = record.value or b""
        letter = msgspec.json.decode(value, type=_Letter)
        told.dead[_place_in(record.key)].append(letter.reason)
        told.canaries["dead letters"] += CANARY.encode() in value
    for record in each_record(kafka, topics.incidents):
        value = record.value or b""
        event = msgspec.json.decode(value)
        told.admitted[event["source"], event["id"]] += 1
        told.odd += msgspec.json.encode(event, order="sorted") != value or b":null" in value
        told.canaries["incidents"] += CANARY.encode() in value + (record.key or b"")
    for record in each_record(kafka, topics.routed):
        told.canaries["routed"] += CANARY.encode() in (record.value or b"") + (record.key or b"")


def read_receipts(rig: Rig, publisher: str, told: Told) -> None:
    """Read what one publisher was told."""
    for record in each_record(rig.exchange.kafka, rig.exchange.topics.receipts(publisher)):
        value, place = record.value or b"", _place_in(record.key)
        receipt = msgspec.json.decode(value, type=_Receipt)
        told.receipts[place].append(frozenset(each.code for each in receipt.data.faults))
        told.canaries["receipts"] += CANARY.encode() in value


async def read_canaries(rig: Rig, canaries: Counter[str]) -> None:
    """Count the rows and the lines of logs that hold a canary."""
    for table in _TABLES:
        like = f"%{CANARY}%"
        (row,) = await rig.ask(
            f"SELECT count(*) AS n FROM concordat.{table} AS t WHERE t::text LIKE $1", like
        )
        canaries["tables"] += row["n"]
    for worker in rig.workers.values():
        lines = worker.log.read_bytes().splitlines()
        canaries["logs"] += sum(CANARY.encode() in line for line in lines)


def claim_accounted(findings: Findings, placed: Mapping[Place, Poison | None], told: Told) -> None:
    """Claim one fate for each malformed record, the one that is due, and no canary anywhere."""
    counts: Counter[str] = Counter()
    families: Counter[str] = Counter()
    for place, poison in placed.items():
        if poison is None:
            continue
        families[poison.family] += 1
        counts.update(_faults(place, poison, told))
    for fate in Fate:
        findings.least(1, **{f"poisons_{fate.replace('-', '_')}": counts[fate]})
    wrong = ("vanished", "accounted_twice", "other_fates", "faults_missing", "admitted_although")
    findings.none(**{name: counts[name] for name in wrong})
    findings.none(admissions_not_re_encoded=told.odd)
    findings.none(**{f"canaries_in_{n.replace(' ', '_')}": told.canaries[n] for n in _SEARCHED})
    findings.figures.update(families=len(families), least_of_a_family=min(families.values()))


_SEARCHED = ("receipts", "dead letters", "incidents", "routed", "tables", "logs")


def _faults(place: Place, poison: Poison, told: Told) -> Counter[str]:
    receipts, dead = told.receipts.get(place, []), told.dead.get(place, [])
    admitted = told.admitted[poison.identity]
    fates = {Fate.REFUSED: len(receipts), Fate.DEAD: len(dead), Fate.NORMALISED: admitted}
    found = Counter({str(poison.fate): fates[poison.fate] > 0})
    found["vanished"] = not any(fates.values())
    found["accounted_twice"] = sum(fates.values()) > 1
    found["other_fates"] = sum(fates.values()) > 0 and fates[poison.fate] == 0
    codes = [*receipts, *(frozenset([reason]) for reason in dead)]
    found["faults_missing"] = any(not each or not poison.codes <= each for each in codes)
    found["admitted_although"] = admitted > 0 and poison.fate is not Fate.NORMALISED
    return found


async def claim_good(
    findings: Findings, rig: Rig, good: set[Identity], for_nobody: Collection[Identity] = ()
) -> None:
    """Claim that every good event, and nothing else, is delivered to all it is for.

    Nothing else is decided but what is `for_nobody`.
    """
    events = await rig.ask("SELECT source, id FROM concordat.event WHERE source <> '//unreadable'")
    decided = Counter((row["source"], row["id"]) for row in events)
    rows = await rig.ask("SELECT agency, source, event_id FROM concordat.delivery")
    copies = Counter((row["source"], row["event_id"]) for row in rows)
    addressed = Counter((row["agency"], row["source"], row["event_id"]) for row in rows)
    findings.none(
        good_lost=len(good - decided.keys()),
        good_undelivered=sum(copies[each] < RECIPIENTS_EACH for each in good),
        bad_decided=len(decided.keys() - good - set(for_nobody)),
        bad_delivered=len(copies.keys() - good),
        delivered_twice=sum(count > 1 for count in addressed.values()),
    )


def identities(poisons: Iterable[Poison | None]) -> set[Identity]:
    """Of those that are good after all."""
    return {each.identity for each in poisons if each and each.fate is Fate.NORMALISED}


def _place_in(key: bytes | None) -> Place:
    topic, partition, offset = (key or b"").decode().rsplit("/", 2)
    return topic, int(partition), int(offset)
