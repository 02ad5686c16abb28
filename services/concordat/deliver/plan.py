"""What a batch of decisions adds to what is stored: the rule that makes every delivery once."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from concordat.deliver.rows import (
    Admission,
    Decided,
    DeliveryRow,
    EventRow,
    Identity,
    RepeatRow,
)


@dataclass(frozen=True, slots=True)
class Known:
    """Of the events and admissions in a batch: those stored before, with the events' contents."""

    contents: Mapping[Identity, bytes] = field(default_factory=dict)
    admissions: AbstractSet[Admission] = frozenset()


@dataclass(frozen=True, slots=True)
class Plan:
    """Rows to insert; deliveries are in the order in which they are to be numbered."""

    events: list[EventRow] = field(default_factory=list)
    repeats: list[RepeatRow] = field(default_factory=list)
    deliveries: list[DeliveryRow] = field(default_factory=list)


def plan(decisions: Iterable[Decided], known: Known) -> Plan:
    """The first admission of (source, id) decides and is delivered; nothing else is.

    A record of a known admission was written again by a stage: it has no effect. Another
    admission of a known event is kept as a repeat, in conflict if its content differs.
    """
    result = Plan()
    contents, admissions = dict(known.contents), set(known.admissions)
    for decided in decisions:
        event = decided.event
        if event.admission in admissions:
            continue
        admissions.add(event.admission)
        if event.identity in contents:
            result.repeats.append(_repeat(event, contents[event.identity]))
        else:
            contents[event.identity] = event.content
            result.events.append(event)
            result.deliveries.extend(decided.deliveries)
    return result


def _repeat(event: EventRow, first: bytes) -> RepeatRow:
    conflict = event.content != first
    return RepeatRow(event.admission, event.source, event.id, event.publisher, conflict)


def number(
    deliveries: Iterable[DeliveryRow],
    last: Mapping[str, int],
    taken: AbstractSet[tuple[str, str]] = frozenset(),
) -> tuple[list[tuple[int, DeliveryRow]], dict[str, int]]:
    """Number the deliveries from each agency's last number on, without gaps.

    A delivery whose (agency, id) is in `taken` or came before gets none. Also returns the last
    number of every agency that got one.
    """
    numbered: list[tuple[int, DeliveryRow]] = []
    seen, counters = set(taken), dict(last)
    for delivery in deliveries:
        if (delivery.agency, delivery.id) not in seen:
            seen.add((delivery.agency, delivery.id))
            counters[delivery.agency] += 1
            numbered.append((counters[delivery.agency], delivery))
    return numbered, {agency: seq for agency, seq in counters.items() if seq != last[agency]}
