"""What an agreement would do to events that were published: decided as route decides, counted.

Nothing is projected and nothing delivered: of an event only its id is told, among ten examples.
"""

from collections import defaultdict
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Annotated

import msgspec

from concordat.agreements.book import Book
from concordat.agreements.decide import decide
from concordat.agreements.decision import Decision
from concordat.agreements.document import Agreement
from concordat.agreements.parties import Agency
from concordat.agreements.plan import Plan
from concordat.agreements.rehearsing.assumed import assume_signed
from concordat.agreements.rehearsing.glance import Glance
from concordat.agreements.rehearsing.tally import Outcome, RecipientTally, count_into
from concordat_events.catalogue import CATALOGUE
from concordat_events.fields import OPAQUE, SOURCE, Data

# Verdicts are few; where a field of many values addresses recipients, it may not fill the memory.
MOST_DECIDED = 50_000
_NOBODY: frozenset[str] = frozenset()
_ID = OPAQUE.removesuffix("$") + r"\Z"  # to Python's `$`, a line may end before it ends


class PastEvent(msgspec.Struct, gc=False):
    """What a rehearsal reads of an event; `data` stays bytes until a condition looks into it."""

    id: Annotated[str, msgspec.Meta(pattern=_ID)]
    source: Annotated[str, msgspec.Meta(pattern=SOURCE)]
    type: str
    data: msgspec.Raw
    withholdfrom: str | None = None

    @property
    def denied(self) -> frozenset[str]:
        """Agencies that the publisher denied the event."""
        return frozenset(self.withholdfrom.split(",")) if self.withholdfrom else _NOBODY


read_past_event = msgspec.json.Decoder(PastEvent).decode
"""From a CloudEvent's JSON; raises `msgspec.DecodeError`, whose message repeats none of it."""


@dataclass(slots=True)
class Rehearsed:
    """What all events came to: `untouched` are those for which neither names any recipient."""

    repeats: int = 0
    untouched: int = 0
    decided: int = 0
    recipients: dict[str, RecipientTally] = field(default_factory=dict)

    @property
    def events(self) -> int:
        """How many there were; a repeat of one that came before has no effect."""
        return self.repeats + self.untouched + self.decided


class Rehearsal:
    """Takes events one by one. Alike ones are decided once, and counted by how they are decided."""

    def __init__(
        self,
        new: Agreement,
        old: Agreement | None = None,
        *,
        agencies: Mapping[str, Agency] | None = None,
        catalogue: Mapping[str, type[Data]] = CATALOGUE,
    ) -> None:
        """Rehearse `new` as if all had signed it; gained and lost is against `old`, or nothing.

        `agencies` are those registered, whose identifiers recipients are found by.
        """
        self._new = _Assumed(new, agencies, catalogue)
        self._old = _Assumed(old, agencies, catalogue) if old else None
        self._pairs: dict[tuple[str, str], _Pair] = {}
        self._seen: defaultdict[str, set[str]] = defaultdict(set)
        self._decided: dict[tuple[_Pair, tuple[Hashable, ...], str | None], Outcome] = {}
        self._outcomes: dict[tuple[int, ...], Outcome] = {}
        self._rehearsed = Rehearsed()

    def add(self, event: PastEvent) -> None:
        """Decide and count one event.

        Raises `msgspec.DecodeError` when what a condition looks at is not as the event's type
        says, and counts nothing then.
        """
        seen = self._seen[event.source]
        if event.id in seen:
            self._rehearsed.repeats += 1
            return
        pair = self._pair_for(event)
        if pair.names_nobody:
            self._rehearsed.untouched += 1
        else:
            outcome = self._outcome_of(pair, event)
            self._rehearsed.decided += 1
            outcome.add(self._rehearsed.decided, event.id)
        seen.add(event.id)

    def result(self) -> Rehearsed:
        """What the events so far came to; more may be added."""
        for outcome in self._outcomes.values():
            count_into(self._rehearsed.recipients, outcome)
        self._outcomes.clear()
        self._decided.clear()
        return self._rehearsed

    def _outcome_of(self, pair: "_Pair", event: PastEvent) -> Outcome:
        """Events that look alike to both, and are denied to the same, are decided once."""
        alike = pair, pair.glance.at(event.data), event.withholdfrom
        outcome = self._decided.get(alike)
        if outcome is None:
            if len(self._decided) >= MOST_DECIDED:
                self.result()
            denied = event.denied
            new, old = (decide(plan, event.data, denied) for plan in pair.plans)
            outcome = self._decided[alike] = self._outcome(new, old)
        return outcome

    def _outcome(self, new: Decision, old: Decision) -> Outcome:
        # What is said stands in the plans, one object for each thing that can be said.
        said = tuple(map(id, (*new.grants, *new.withheld, *old.grants, *old.withheld)))
        outcome = self._outcomes.get(said)
        if outcome is None:
            outcome = self._outcomes[said] = Outcome(new, old)
        return outcome

    def _pair_for(self, event: PastEvent) -> "_Pair":
        key = event.type, event.source
        if key not in self._pairs:
            old = self._old.plan(event) if self._old else None
            self._pairs[key] = _Pair(self._new.plan(event), old)
        return self._pairs[key]


class _Pair:
    """What both agreements plan for one event type and publisher; None where one names nobody."""

    def __init__(self, new: Plan | None, old: Plan | None) -> None:
        self.plans = (new, old)
        self.names_nobody = new is None and old is None
        self.glance = Glance([plan for plan in self.plans if plan])


class _Assumed:
    """One agreement in a register of its own, on its first day."""

    def __init__(
        self,
        agreement: Agreement,
        agencies: Mapping[str, Agency] | None,
        catalogue: Mapping[str, type[Data]],
    ) -> None:
        self._book = Book(assume_signed([agreement], agencies=agencies, catalogue=catalogue))
        self._day = agreement.effective.from_

    def plan(self, event: PastEvent) -> Plan | None:
        plan = self._book.plan(event.type, event.source.removeprefix("//"), self._day)
        return plan if plan and plan.candidates else None
