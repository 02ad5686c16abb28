"""What came of a load, and what must hold of it: nothing lost, doubled or out of order."""

import asyncio
import dataclasses
import sys
from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from faults.findings import Findings
from faults.load import RECIPIENTS_EACH, Identity, other_publishers
from faults.reading import each_record
from faults.rig import Rig

Place = tuple[int, int]
"""Partition and offset in `incidents`."""
_PORTION = 5000


class _Envelope(msgspec.Struct):
    id: str
    source: str
    subject: str


@dataclass(frozen=True)
class Outcome:
    """The tables of deliver and the log that they come from, reduced to identities.

    Equal strings are one string, so that a million events take some hundred megabytes.
    """

    events: list[Identity]
    """Of every decided event."""
    deliveries: list[tuple[str, int, str, str, str]]
    """Agency, number, case, source, event id; by agency and number."""
    last_numbers: dict[str, int]
    conflicts: int
    repeats: int
    admitted: list[tuple[str, str, str]]
    """Case, source, id of every record of `incidents`, in the order of each partition."""
    routed: int
    places: list[Place]
    """Of every one of `admitted`."""
    decided_by: list[Place]
    """The admission that decided every one of `events`."""
    repeated: list[Place]
    """The admissions that are stored as repeats."""


async def read_outcome(rig: Rig) -> Outcome:
    """Read it all, once everything has drained."""
    admitted, places = await asyncio.to_thread(_read_admissions, rig)
    inboxes = await rig.ask("SELECT agency, last_seq FROM concordat.inbox")
    repeats = await rig.ask(
        "SELECT admission_partition, admission_offset, conflict FROM concordat.repeat"
    )
    events = await _read_all(
        rig, "SELECT source, id, admission_partition, admission_offset FROM concordat.event"
    )
    return Outcome(
        events=[(source, id_) for source, id_, *_ in events],
        deliveries=await _read_all(
            rig,
            "SELECT agency, seq, subject, source, event_id FROM concordat.delivery"
            " ORDER BY agency, seq",
        ),
        last_numbers={row["agency"]: row["last_seq"] for row in inboxes},
        conflicts=sum(row["conflict"] for row in repeats),
        repeats=len(repeats),
        admitted=admitted,
        routed=await asyncio.to_thread(rig.exchange.written, rig.exchange.topics.routed),
        places=places,
        decided_by=[(partition, offset) for _, _, partition, offset in events],
        repeated=[(partition, offset) for partition, offset, _ in repeats],
    )


def _read_admissions(rig: Rig) -> tuple[list[tuple[str, str, str]], list[Place]]:
    read = msgspec.json.Decoder(_Envelope).decode
    found = []
    for record in each_record(rig.exchange.kafka, rig.exchange.topics.incidents):
        envelope = read(record.value or b"")
        what = sys.intern(envelope.subject), sys.intern(envelope.source), sys.intern(envelope.id)
        found.append(((record.partition, record.offset), what))
    found.sort(key=lambda each: each[0])
    return [what for _, what in found], [place for place, _ in found]


async def _read_all(rig: Rig, query: str) -> list[Any]:
    """Every row as a tuple, in portions."""
    async with rig.superuser.acquire() as connection, connection.transaction():
        rows = connection.cursor(query, prefetch=_PORTION, timeout=600)
        return [tuple(_shared(value) for value in row) async for row in rows]


def _shared(value: Any) -> Any:
    return sys.intern(value) if isinstance(value, str) else value


def claim_exact(
    findings: Findings,
    outcome: Outcome,
    published: Iterable[Identity],
    recipients_each: int = RECIPIENTS_EACH,
    recipients_of: Callable[[str], Container[str]] = other_publishers,
) -> None:
    """Claim that the inboxes hold each published event exactly once, in order, without a gap.

    Each goes to at least so many inboxes, and to none that `recipients_of` its publisher lacks.
    """
    wanted, decided = set(published), Counter(outcome.events)
    copies = Counter((source, id_) for _, _, _, source, id_ in outcome.deliveries)
    findings.figures.update(
        events=len(wanted),
        deliveries=len(outcome.deliveries),
        admissions_repeated=len(outcome.admitted) - len(set(outcome.admitted)),
        routed_repeated=outcome.routed - len(wanted),
        repeats_stored=outcome.repeats,
    )
    findings.none(
        lost=len(wanted - decided.keys()),
        invented=len(decided.keys() - wanted),
        decided_twice=sum(count > 1 for count in decided.values()),
        undelivered=sum(copies[each] < recipients_each for each in wanted),
        misdelivered=_misdelivered(outcome, recipients_of),
        delivered_twice=_delivered_twice(outcome),
        out_of_order=_out_of_order(outcome),
        numbers_missing=_numbers_missing(outcome),
        conflicts=outcome.conflicts,
    )


def claim_order(findings: Findings, outcome: Outcome, besides: str) -> None:
    """Claim the order in every inbox but that of an agency."""
    kept = [each for each in outcome.deliveries if each[0] != besides]
    findings.figures["deliveries_in_order"] = len(kept)
    findings.none(out_of_order=_out_of_order(dataclasses.replace(outcome, deliveries=kept)))


def claim_tables(findings: Findings, outcome: Outcome) -> None:
    """Claim that the first admission of every event decided it, and later ones are its repeats.

    True of one life of `incidents`: not where the topic was made again.
    """
    first: dict[Identity, Place] = {}
    later = set()
    for (_, source, id_), place in zip(outcome.admitted, outcome.places, strict=True):
        if first.setdefault((source, id_), place) != place:
            later.add(place)
    decided = zip(outcome.events, outcome.decided_by, strict=True)
    findings.none(
        decided_by_another_admission=sum(first.get(event) != place for event, place in decided),
        repeats_miscounted=len(later.symmetric_difference(outcome.repeated)),
        publisher_order_broken=_publisher_order_broken(first, outcome),
    )


def _publisher_order_broken(first: dict[Identity, Place], outcome: Outcome) -> int:
    """How many events were admitted before an earlier one of their publisher in their case."""
    newest: dict[tuple[str, str], str] = {}
    broken = 0
    for (case, source, id_), place in zip(outcome.admitted, outcome.places, strict=True):
        if first[source, id_] == place:  # ids of a load are numbered
            broken += id_ < newest.get((case, source), "")
            newest[case, source] = max(id_, newest.get((case, source), ""))
    return broken


def _misdelivered(outcome: Outcome, recipients_of: Callable[[str], Container[str]]) -> int:
    """How many deliveries are in the inbox of an agency that has no share in them."""
    return sum(
        agency not in recipients_of(source.removeprefix("//"))
        for agency, _, _, source, _ in outcome.deliveries
    )


def _delivered_twice(outcome: Outcome) -> int:
    """How many events an inbox holds more than once; deliveries come inbox by inbox."""
    twice = 0
    for copies in _by_agency(outcome.deliveries):
        counts = Counter((source, id_) for _, _, _, source, id_ in copies)
        twice += sum(count > 1 for count in counts.values())
    return twice


def _by_agency(
    deliveries: list[tuple[str, int, str, str, str]],
) -> Iterator[list[tuple[str, int, str, str, str]]]:
    agencies = sorted({agency for agency, *_ in deliveries})
    for one in agencies:
        yield [each for each in deliveries if each[0] == one]


def _out_of_order(outcome: Outcome) -> int:
    """How many deliveries are not where the first admission of their event puts them."""
    place: dict[Identity, int] = {}
    for number, (_, source, id_) in enumerate(outcome.admitted):
        place.setdefault((source, id_), number)
    return count_out_of_order(
        ((agency, case), place.get((source, id_), -1))
        for agency, _, case, source, id_ in outcome.deliveries
    )


def count_out_of_order(placed: Iterable[tuple[tuple[str, str], Any]]) -> int:
    """How many places lie before an earlier one of the same agency and case."""
    newest: dict[tuple[str, str], Any] = {}
    wrong = 0
    for case, here in placed:
        before = newest.setdefault(case, here)
        wrong += here < before
        newest[case] = max(here, before)
    return wrong


def _numbers_missing(outcome: Outcome) -> int:
    """How many numbers of an inbox no row holds."""
    counts = Counter(agency for agency, *_ in outcome.deliveries)
    return sum(abs(last - counts[agency]) for agency, last in outcome.last_numbers.items())
