"""The values of a run that must not arrive, agency by agency, for whoever checks an exchange."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from concordat.publish.traps import DENIED, TRAPS, Trap, TrapRule, trap_in
from concordat_events.envelope import Event
from concordat_events.lines.domestic_abuse import IncidentRecorded


@dataclass(frozen=True, slots=True)
class Ban:
    """No delivery to `agency` (None: to anybody) on `case` may contain `value` in any text.

    `path` says where the value stands in the event; an empty path means the event itself: `value`
    is then its id, and no delivery at all may come of it.
    """

    trap: Trap
    agency: str | None
    event_id: str
    case: str
    path: str
    value: str


def bans_in(events: Iterable[Event]) -> Iterator[Ban]:
    """Yield every ban that the trapped incidents among `events` stand for."""
    trapped = [
        (trap, event)
        for event in events
        if isinstance(event.data, IncidentRecorded) and (trap := trap_in(event.id))
    ]
    sharing = defaultdict(list)
    for trap, event in trapped:
        sharing[_person_in_common(trap, event)].append(event)
    for trap, event in trapped:
        others = [other for other in sharing[_person_in_common(trap, event)] if other is not event]
        for rule in TRAPS[trap]:
            sources = others if rule.of_the_other else [event]
            for agency in _agencies(rule, event):
                for value in sorted({v for source in sources for v in _values(source, rule.path)}):
                    yield Ban(trap, agency, event.id, event.subject, rule.path, value)


def _person_in_common(trap: Trap, event: Event) -> tuple[str, ...]:
    data = event.data
    if isinstance(data, IncidentRecorded):
        if trap is Trap.NEW_PARTNER and data.alleged_perpetrator:
            return (trap, data.alleged_perpetrator.ref)
        if trap is Trap.NAMESAKES:
            return (trap, str(data.victim.name), str(data.victim.dob))
    return (trap, event.id)


def _agencies(rule: TrapRule, event: Event) -> list[str | None]:
    return [*sorted(event.denied)] if rule.agency == DENIED else [rule.agency]


def _values(event: Event, path: str) -> list[str]:
    if not path:
        return [event.id]
    found: Any = event.data
    for name in path.split("."):
        found = getattr(found, name, None)
    return [str(value) for value in (found if isinstance(found, list) else [found]) if value]
