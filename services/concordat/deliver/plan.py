"""What a batch of decisions adds to what is stored: the rule that makes every delivery once."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from concordat.deliver.errors import LogMadeAgain
from concordat.deliver.rows import (
    Admission,
    Decided,
    DeliveryRow,
    EventRow,
    Identity,
    RedecisionRow,
    RepeatRow,
)


@dataclass(frozen=True, slots=True)
class First:
    """The admission of an event that counts, and its content.

    None: its place was in an `incidents` that is gone.
    """

    content: bytes
    admission: Admission | None


@dataclass(frozen=True, slots=True)
class Known:
    """Of the events, admissions and redecisions in a batch: those stored before.

    An admission is that of the event it names.
    """

    events: Mapping[Identity, First] = field(default_factory=dict)
    admissions: Mapping[Admission, Identity] = field(default_factory=dict)
    redecisions: AbstractSet[tuple[str, str, str, str]] = frozenset()


@dataclass(slots=True)
class Plan:
    """Rows to insert; deliveries are in the order in which they are to be numbered.

    `placed` are known events without a place, with the one they have in the `incidents` of now.
    `ignored` counts the records of a replay that are of no event's first admission.
    """

    events: list[EventRow] = field(default_factory=list)
    placed: dict[Identity, Admission] = field(default_factory=dict)
    repeats: list[RepeatRow] = field(default_factory=list)
    redecisions: list[RedecisionRow] = field(default_factory=list)
    deliveries: list[DeliveryRow] = field(default_factory=list)
    ignored: int = 0


def plan(decisions: Iterable[Decided], known: Known) -> Plan:
    """The first admission of (source, id) decides and is delivered; nothing else is.

    A record of a known admission was written again by a stage: it has no effect. Another
    admission of a known event is kept as a repeat, in conflict if its content differs. A replay
    decides the first admission again, once for each agency: what it shares is to be delivered.
    After an `incidents` is gone: an admission of the old one decides an event that is not known;
    where it is, it may be the admission that is known already, and only another content counts. An
    event of the old one that stands in the new one too has its place there.

    Raises `LogMadeAgain` when a known admission is of another event now: then the places of two
    logs are mixed up, and a new event would have no effect.
    """
    result = Plan()
    firsts, admissions = dict(known.events), dict(known.admissions)
    redecided = set(known.redecisions)
    for decided in decisions:
        event, first = decided.event, firsts.get(decided.event.identity)
        if decided.replay is not None:
            if first is None or event.admission is None or first.admission != event.admission:
                result.ignored += 1
            else:
                _again(result, decided, redecided)
            continue
        if event.admission is not None:
            if event.admission in admissions:
                _check_same(admissions[event.admission], event.identity)
                continue
            admissions[event.admission] = event.identity
        if first is None:
            firsts[event.identity] = First(event.content, event.admission)
            result.events.append(event)
            result.deliveries.extend(decided.deliveries)
        elif event.content != first.content:
            result.repeats.append(_repeat(event, first.content))
        elif event.admission is not None and first.admission is None:
            firsts[event.identity] = First(first.content, event.admission)
            result.placed[event.identity] = event.admission
        elif event.admission is not None:
            result.repeats.append(_repeat(event, first.content))
    return result


def _check_same(known: Identity, now: Identity) -> None:
    # What route could not read, and can now, is the same record under its own name.
    unreadable = "//unreadable" in (known[0], now[0])
    if known != now and not unreadable:
        raise LogMadeAgain("incidents")


def _again(result: Plan, decided: Decided, redecided: set[tuple[str, str, str, str]]) -> None:
    fresh = [row for row in decided.redecisions if row.key not in redecided]
    redecided.update(row.key for row in fresh)
    result.redecisions.extend(fresh)
    agencies = {row.agency for row in fresh}
    result.deliveries.extend(row for row in decided.deliveries if row.agency in agencies)


def _repeat(event: EventRow, first: bytes) -> RepeatRow:
    conflict = event.content != first
    return RepeatRow(event.admission, event.source, event.id, event.publisher, conflict)
