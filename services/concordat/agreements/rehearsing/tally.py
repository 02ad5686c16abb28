"""What decisions come to when they are counted: per recipient, gained and lost, examples."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from concordat.agreements.decision import Decision, Grant
from concordat.agreements.reason import Reason

EXAMPLES = 10
Numbered = tuple[int, str]
"""The how manieth event of all, and its id."""


@dataclass(slots=True)
class Outcome:
    """Events that the new and the old agreement decide alike; `first` are the first of them."""

    new: Decision
    old: Decision
    events: int = 0
    first: list[Numbered] = field(default_factory=list)

    def add(self, number: int, event_id: str) -> None:
        """Count one event."""
        self.events += 1
        if len(self.first) < EXAMPLES:
            self.first.append((number, event_id))


@dataclass(slots=True)
class Tally:
    """How many events, and the first ten of them."""

    events: int = 0
    first: list[Numbered] = field(default_factory=list)

    @property
    def examples(self) -> list[str]:
        """The ids of the first ten."""
        return [event_id for _, event_id in self.first]

    def add(self, outcome: Outcome) -> None:
        """Count the events of `outcome`."""
        self.events += outcome.events
        self.first = sorted([*self.first, *outcome.first])[:EXAMPLES]


@dataclass(slots=True)
class RecipientTally:
    """One recipient: under the new agreement (`shared` to `withheld`), and against the old one.

    `shares` counts events by the share that held; `withheld` by reason and by the field it is
    about, where it is about one. An event shared by both may bring `more` fields than before,
    `fewer`, or both; `added` and `removed` count those events by field.
    """

    shared: int = 0
    shared_before: int = 0
    deliveries: int = 0
    shares: defaultdict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    withheld: Counter[tuple[Reason, str | None]] = field(default_factory=Counter)
    gained: Tally = field(default_factory=Tally)
    lost: Tally = field(default_factory=Tally)
    more: Tally = field(default_factory=Tally)
    fewer: Tally = field(default_factory=Tally)
    added: Counter[str] = field(default_factory=Counter)
    removed: Counter[str] = field(default_factory=Counter)

    def add(self, outcome: Outcome, new: list[Grant], old: list[Grant]) -> None:
        """Count the events of `outcome`, which gives this recipient `new` and gave it `old`."""
        if new:
            self.shared += outcome.events
        if old:
            self.shared_before += outcome.events
        self.deliveries += len(new) * outcome.events
        for grant in new:
            for share in grant.shares:
                self.shares[share].add(outcome)
        if new and old:
            self._compare(outcome, _fields(new), _fields(old))
        elif new:
            self.gained.add(outcome)
        elif old:
            self.lost.add(outcome)

    def _compare(self, outcome: Outcome, new: set[str], old: set[str]) -> None:
        if new - old:
            self.more.add(outcome)
        if old - new:
            self.fewer.add(outcome)
        _count(self.added, new - old, outcome)
        _count(self.removed, old - new, outcome)


def count_into(recipients: dict[str, RecipientTally], outcome: Outcome) -> None:
    """Count `outcome` for every agency that either agreement names for its events."""
    for agency in sorted(set(_named(outcome.new)) | set(_named(outcome.old))):
        tally = recipients.setdefault(agency, RecipientTally())
        tally.add(outcome, _grants(outcome.new, agency), _grants(outcome.old, agency))
    for withheld in outcome.new.withheld:
        said = withheld.reason, withheld.field
        recipients[withheld.agency].withheld[said] += outcome.events


def _named(decision: Decision) -> Iterator[str]:
    yield from (grant.agency for grant in decision.grants)
    yield from (withheld.agency for withheld in decision.withheld)


def _grants(decision: Decision, agency: str) -> list[Grant]:
    return [grant for grant in decision.grants if grant.agency == agency]


def _fields(grants: list[Grant]) -> set[str]:
    return {name for grant in grants for name in grant.view.fields}


def _count(counter: Counter[str], names: Iterable[str], outcome: Outcome) -> None:
    for name in names:
        counter[name] += outcome.events
