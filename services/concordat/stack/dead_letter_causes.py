"""Dead letters grouped by cause, and chosen to be retried or given up: pure."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from concordat.kafka.dead_letters import Letter, State
from concordat.kafka.places import Place

# A record that came back this often is retried only by its place: somebody has to look at it.
MOST_TRIES = 3


@dataclass(frozen=True, slots=True)
class Cause:
    """Letters of one stage, topic and reason.

    `oldest` and `newest` are of the open ones. `readable` counts the open ones whose record is
    still in its topic, `worn` those that were tried too often to be retried with the others.
    """

    cause: str
    open: int
    oldest: datetime | None
    newest: datetime | None
    readable: int
    worn: int
    retried: int
    discarded: int


def causes_of(letters: Iterable[Letter], there: Collection[Place]) -> list[Cause]:
    """Group `letters`, the cause with the most open ones first; `there` are the readable places."""
    by_cause: dict[str, list[Letter]] = {}
    for letter in letters:
        by_cause.setdefault(letter.cause, []).append(letter)
    found = [_cause(cause, theirs, there) for cause, theirs in by_cause.items()]
    return sorted(found, key=lambda each: (-each.open, each.cause))


def _cause(cause: str, letters: Collection[Letter], there: Collection[Place]) -> Cause:
    still_open = [letter for letter in letters if letter.state is State.OPEN]
    written = [letter.written_at for letter in still_open]
    states = [letter.state for letter in letters]
    return Cause(
        cause,
        len(still_open),
        min(written, default=None),
        max(written, default=None),
        sum(letter.place in there for letter in still_open),
        sum(letter.tries >= MOST_TRIES for letter in still_open),
        states.count(State.RETRIED),
        states.count(State.DISCARDED),
    )


def open_letters(letters: Iterable[Letter], cause: str | None = None) -> list[Letter]:
    """Return the open ones, of one cause or of all, in the order in which they came."""
    chosen = [
        letter for letter in letters if letter.state is State.OPEN and cause in (None, letter.cause)
    ]
    return sorted(chosen, key=lambda letter: (letter.written_at, letter.place))
