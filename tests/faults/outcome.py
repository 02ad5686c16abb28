"""What came of a load, and what must hold of it: nothing lost, doubled or out of order."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from faults.findings import Findings
from faults.load import RECIPIENTS_EACH, Identity
from faults.rig import Rig


class _Envelope(msgspec.Struct):
    id: str
    source: str
    subject: str


@dataclass(frozen=True)
class Outcome:
    """The tables of deliver and the log that they come from, reduced to identities."""

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


async def read_outcome(rig: Rig) -> Outcome:
    """Read it all, once everything has drained."""
    incidents = await asyncio.to_thread(rig.exchange.incidents)
    envelopes = [msgspec.json.decode(record.value, type=_Envelope) for record in incidents]
    inboxes = await rig.ask("SELECT agency, last_seq FROM concordat.inbox")
    repeats = await rig.ask("SELECT conflict FROM concordat.repeat")
    events = await rig.ask("SELECT source, id FROM concordat.event")
    deliveries = await rig.ask(
        "SELECT agency, seq, subject, source, event_id FROM concordat.delivery ORDER BY agency, seq"
    )
    return Outcome(
        events=[(row["source"], row["id"]) for row in events],
        deliveries=[tuple(row) for row in deliveries],
        last_numbers={row["agency"]: row["last_seq"] for row in inboxes},
        conflicts=sum(row["conflict"] for row in repeats),
        repeats=len(repeats),
        admitted=[(each.subject, each.source, each.id) for each in envelopes],
        routed=await asyncio.to_thread(rig.exchange.written, rig.exchange.topics.routed),
    )


def claim_exact(
    findings: Findings,
    outcome: Outcome,
    published: Iterable[Identity],
    recipients_each: int = RECIPIENTS_EACH,
) -> None:
    """Claim that the inboxes hold each published event exactly once, in order, without a gap."""
    wanted, decided = set(published), Counter(outcome.events)
    copies = Counter((source, id_) for _, _, _, source, id_ in outcome.deliveries)
    addressed = Counter((agency, source, id_) for agency, _, _, source, id_ in outcome.deliveries)
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
        delivered_twice=sum(count > 1 for count in addressed.values()),
        out_of_order=_out_of_order(outcome),
        numbers_missing=_numbers_missing(outcome),
        conflicts=outcome.conflicts,
    )


def _out_of_order(outcome: Outcome) -> int:
    """How many deliveries are not where the first admission of their event puts them."""
    place: dict[Identity, int] = {}
    for number, (_, source, id_) in enumerate(outcome.admitted):
        place.setdefault((source, id_), number)
    newest: dict[tuple[str, str], int] = defaultdict(lambda: -1)
    wrong = 0
    for agency, _, case, source, id_ in outcome.deliveries:
        here = place.get((source, id_), -1)
        wrong += here < newest[agency, case]
        newest[agency, case] = max(here, newest[agency, case])
    return wrong


def _numbers_missing(outcome: Outcome) -> int:
    """How many numbers of an inbox no row holds."""
    counts = Counter(agency for agency, *_ in outcome.deliveries)
    return sum(abs(last - counts[agency]) for agency, last in outcome.last_numbers.items())
