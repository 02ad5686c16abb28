"""Dead letters and what operators did about them, in one topic: nothing in it is ever changed.

A letter and every note on it have the same key, the place of the record. Letters come again after
a crash; what became of one is what the last note says.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Literal

import msgspec
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType

from concordat.kafka.incidents_log import IncidentsLog
from concordat.kafka.places import NotAPlace, Place
from concordat.stages.dead_letter import DeadLetter
from concordat.stages.record import JSON, Output, Record
from concordat.stages.retry import Outcome

LONGEST_REASON = 200
_SECONDS = 30.0


class State(StrEnum):
    """What became of a dead letter."""

    OPEN = "open"
    RETRIED = "retried"
    DISCARDED = "discarded"


class Note(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an operator did about the letter at a place, by whose hand and why.

    `because` are the operator's own words for discarding it. Of a retry, `outcome` is what came of
    it and `written` the place of what was written, where a second failure would show.
    """

    action: Literal["retried", "discarded"]
    by: str
    because: str = ""
    outcome: Outcome | None = None
    written: str = ""


@dataclass(frozen=True, slots=True)
class Noted:
    """A note and when the log got it."""

    note: Note
    at: datetime


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter and its history; no contents. `size` is unknown of what deliver set aside.

    `tries` counts the retries of the record, here and at the places it was written from.
    """

    place: Place
    stage: str
    reason: str
    size: int | None
    written_at: datetime
    notes: tuple[Noted, ...] = ()
    tries: int = 0

    @property
    def cause(self) -> str:
        """What letters are grouped by: stage, topic and reason."""
        return f"{self.stage}/{self.place.topic}/{self.reason}"

    @property
    def state(self) -> State:
        """What the last note that settles anything says."""
        for noted in reversed(self.notes):
            if noted.note.action == "discarded":
                return State.DISCARDED
            if noted.note.outcome is not None and noted.note.outcome.settles:
                return State.RETRIED
        return State.OPEN


@dataclass(slots=True)
class Mailbox:
    """Every letter by its place; `unreadable` counts records of the topic that are neither."""

    letters: dict[Place, Letter] = field(default_factory=dict)
    unreadable: int = 0


def sort_mail(records: Iterable[Record], others: Iterable[Letter] = ()) -> Mailbox:
    """Return the letters in `records` and `others`, each with its notes; never raises."""
    mailbox = Mailbox({letter.place: letter for letter in others})
    notes: dict[Place, list[Noted]] = {}
    for record in records:
        read = _read(record)
        if isinstance(read, Letter):
            mailbox.letters.setdefault(read.place, read)
        elif read is None:
            mailbox.unreadable += 1
        else:
            notes.setdefault(read[0], []).append(read[1])
    origins = dict(_origins(notes))
    for place, letter in mailbox.letters.items():
        mailbox.letters[place] = replace(
            letter, notes=tuple(notes.get(place, ())), tries=_tries(place, notes, origins)
        )
    return mailbox


class _Kind(msgspec.Struct):
    action: str | None = None


def _read(record: Record) -> Letter | tuple[Place, Noted] | None:
    at = datetime.fromtimestamp(record.written_at / 1000, UTC)
    value = record.value or b""
    try:
        place = Place.of((record.key or b"").decode())
        if msgspec.json.decode(value, type=_Kind).action is None:
            letter = msgspec.json.decode(value, type=DeadLetter)
            return Letter(place, letter.stage, letter.reason, letter.size, at)
        note = msgspec.json.decode(value, type=Note)
        if note.written:
            Place.of(note.written)
    except (NotAPlace, UnicodeDecodeError, msgspec.DecodeError, RecursionError):
        return None
    return place, Noted(note, at)


def _origins(notes: Mapping[Place, Iterable[Noted]]) -> Iterator[tuple[Place, Place]]:
    """By the place of what a retry wrote, the place that was retried."""
    for place, history in notes.items():
        for noted in history:
            if noted.note.written:
                yield Place.of(noted.note.written), place


def _tries(place: Place, notes: Mapping[Place, list[Noted]], origins: Mapping[Place, Place]) -> int:
    tries, seen = 0, set[Place]()
    at: Place | None = place
    while at is not None and at not in seen:
        seen.add(at)
        tries += sum(noted.note.action == "retried" for noted in notes.get(at, ()))
        at = origins.get(at)
    return tries


def note_output(topic: str, place: Place, note: Note) -> Output:
    """Return the record that says what was done about the letter at `place`."""
    return Output(topic, str(place).encode(), msgspec.json.encode(note), JSON)


def read_mail(bootstrap: str, topic: str) -> Iterator[Record]:
    """Yield every record of the topic of dead letters, to its end as it is now.

    Raises `IncidentsUnreadable`.
    """
    with IncidentsLog(bootstrap, topic) as log:
        for batch in log.read(log.between(datetime.fromtimestamp(0, UTC))):
            yield from batch


def kept_since(admin: AdminClient, topic: str, now: datetime) -> datetime | None:
    """Return since when the broker keeps the topic's records; None: for ever."""
    resource = ConfigResource(ResourceType.TOPIC, topic)
    config = admin.describe_configs([resource])[resource].result(_SECONDS)
    milliseconds = int(config["retention.ms"].value)
    return None if milliseconds < 0 else now - timedelta(milliseconds=milliseconds)
