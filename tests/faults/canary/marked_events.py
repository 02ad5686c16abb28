"""Events of every type in the catalogue with a mark in every sensitive field, and what may go."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from random import Random
from typing import Any

from canaries import bare, can_be_marked, is_sensitive, marks_in, with_marks
from concordat.publish.demo_data import demo_events
from concordat.stack.demonstration import DATA
from concordat_events.catalogue import CATALOGUE
from concordat_events.envelope import Event, read_event, write_event
from concordat_events.leaves import leaves
from contract.examples import valid_examples
from e2e.plain_agreements import agreements, sent
from generated_events import event_of

Mark = str


@dataclass
class Planted:
    """The events, and in which fields of which events each mark stands."""

    events: list[Event] = field(default_factory=list)
    by_mark: dict[Mark, set[tuple[str, str]]] = field(default_factory=lambda: defaultdict(set))
    by_event: dict[str, dict[str, Mark]] = field(default_factory=dict)
    fields: set[tuple[str, str]] = field(default_factory=set)
    """Type and path of every field that carries a mark."""

    def add(self, event: Event) -> None:
        """Plant marks in an event."""
        marked, found = with_marks(event)
        marks = {path: mark for path, mark in found.items() if mark in marks_in(mark)}
        self.events.append(marked)
        self.by_event[marked.id] = marks
        for path, mark in marks.items():
            self.by_mark[mark].add((marked.id, path))
            self.fields.add((marked.type, bare(path)))

    def allowed(self, event_id: str, paths: set[str]) -> set[Mark]:
        """The marks of an event in fields of these paths, if they are of no other place."""
        marks = self.by_event[event_id].items()
        return {mark for path, mark in marks if bare(path) in paths} & self.unique

    @cached_property
    def unique(self) -> set[Mark]:
        """The marks that stand in one place only; numbers of a fixed form may stand in several."""
        return {mark for mark, places in self.by_mark.items() if len(places) == 1}


def plant(draw: Random, copies: int, of_the_demonstration: int) -> Planted:
    """So many copies of each valid example, of random events, and of the demonstration."""
    planted = Planted()
    for event in (*_examples(copies), *_random(draw, copies + 3)):
        planted.add(event)
    invented = (event for event in demo_events(DATA, lambda _: None) if event.synthetic)
    for event, _ in zip(invented, range(of_the_demonstration), strict=False):
        planted.add(event)
    return planted


def _examples(copies: int) -> Iterator[Event]:
    for example in valid_examples():
        content = json.loads(write_event(read_event(example.value)))
        for number in range(copies):
            name = hashlib.sha256(f"{example} {number}".encode()).hexdigest()[:20]
            changed = {**content, "id": f"example-{name}", "subject": f"case-{name}"}
            yield read_event(json.dumps(changed).encode())


def _random(draw: Random, copies: int) -> Iterator[Event]:
    """Events of every type: what the examples leave out is filled in in some of these."""
    for kind in CATALOGUE:
        publishers = sorted(
            agency
            for each in agreements()
            for share in each["shares"]
            if share["event"] == kind
            for agency in share["from"]
        )
        for number in range(copies):
            content = event_of(draw, number, kind, draw.choice(publishers), "")
            name = hashlib.sha256(f"{kind} {number}".encode()).hexdigest()[:20]
            changed = {**content, "id": f"random-{name}", "subject": f"case-{name}"}
            yield read_event(json.dumps(changed).encode())


def fields_with_room() -> set[tuple[str, str]]:
    """Type and path of every sensitive field that can carry a mark: a text, a day, a moment."""
    return {
        (name, leaf.path)
        for name, model in CATALOGUE.items()
        for leaf in leaves(model).values()
        if can_be_marked(leaf)
    }


def sensitive_fields() -> int:
    """How many sensitive fields all types have, with room for a mark or without."""
    return sum(
        is_sensitive(leaf) for model in CATALOGUE.values() for leaf in leaves(model).values()
    )


@cache
def paths_of(agreement: str, version: int, shares: str) -> frozenset[str]:
    """The paths that these shares of an agreement send whole, as anybody reads them."""
    (document,) = (
        each for each in agreements() if (each["id"], each["version"]) == (agreement, version)
    )
    named = [each for each in document["shares"] if each["id"] in shares.split(",")]
    return frozenset[str]().union(*(sent(document, each) for each in named))


def of_delivery(delivery: dict[str, Any]) -> tuple[str, frozenset[str]]:
    """Which event a delivery is of, and the paths that its justification names."""
    shares = delivery["agreement"], delivery["agreementversion"], delivery["shares"]
    return delivery["originid"], paths_of(*shares)
