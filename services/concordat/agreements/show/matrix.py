"""Who receives what of one event type: recipients by fields, with the conditions of each."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from concordat.agreements.analysis import Permission, permissions
from concordat.agreements.coarsening import parts_of
from concordat.agreements.document import Agreement
from concordat.agreements.parties import Agency
from concordat.agreements.show.sheet import Block, Fact, Facts, Heading, Paragraph, Table
from concordat.agreements.show.words import (
    MARKS,
    address_words,
    agency_words,
    condition_words,
    event_words,
    name_words,
)
from concordat_events.fields import Data
from concordat_events.leaves import leaves

DELIVERY = "the delivery itself"
ALWAYS = "always"
NEVER = "—"

Case = frozenset[str]
"""What must all hold, in words; empty: always."""


@dataclass(frozen=True, slots=True)
class Column:
    """Recipients for whom the same holds: one, or the agencies among which an identifier picks."""

    agencies: tuple[str, ...]
    cells: Mapping[str, frozenset[Case]]


def matrix_blocks(
    agreement: Agreement,
    event: str,
    agencies: Mapping[str, Agency],
    catalogue: Mapping[str, type[Data]],
) -> Iterator[Block]:
    """The matrix of one event type and the cases that its cells name by number."""
    granted = [each for each in permissions([agreement]) if each.share.event == event]
    columns = _columns(granted, agencies)
    names = ordered_names({name for each in granted for name in each.names}, event, catalogue)
    numbers = _numbers(columns, [DELIVERY, *names])
    marks = {name: mark_words(name, event, catalogue) for name in names}
    yield Heading(3, event_words(event, catalogue))
    if not columns:
        yield Paragraph("Nobody receives events of this kind.")
        return
    yield Table(
        f"Who receives what of {event_words(event, catalogue)}",
        ("Field", "Mark", *(_title(column, agencies) for column in columns)),
        tuple(
            (
                name if name == DELIVERY else name_words(name),
                marks.get(name, NEVER),
                *(_cell(column.cells.get(name, frozenset()), numbers) for column in columns),
            )
            for name in (DELIVERY, *names)
        ),
    )
    if numbers:
        yield Facts(
            tuple(Fact(f"Case {number}", tuple(sorted(case))) for case, number in numbers.items())
        )


def ordered_names(
    names: Iterable[str], event: str, catalogue: Mapping[str, type[Data]]
) -> list[str]:
    """Sent names in the order of the event's model, those it does not know last."""
    model = catalogue.get(event)
    order = {path: place for place, path in enumerate(leaves(model) if model else ())}
    return sorted(names, key=lambda name: (order.get(parts_of(name)[0], len(order)), name))


def mark_words(name: str, event: str, catalogue: Mapping[str, type[Data]]) -> str:
    """Return the mark of a sent field, where its event type is known."""
    model = catalogue.get(event)
    leaf = leaves(model).get(parts_of(name)[0]) if model else None
    return MARKS[leaf.sensitivity] if leaf else NEVER


def cases_of(
    granted: Iterable[Permission], agencies: Mapping[str, Agency], publishers: set[str]
) -> frozenset[Case]:
    """When one of `granted`, all for one recipient, permits; what another case covers left out.

    `publishers`: everybody whose events could reach this recipient.
    """
    publishers_of: dict[Case, set[str]] = {}
    for each in granted:
        holds = {condition_words(condition) for condition in each.share.when}
        if each.addresses:
            holds.add(address_words(each.addresses))
        publishers_of.setdefault(frozenset(holds), set()).add(each.publisher)
    cases = {
        holds if of >= publishers else holds | {_publisher_words(of, agencies)}
        for holds, of in publishers_of.items()
    }
    return frozenset(case for case in cases if not any(other < case for other in cases))


def _columns(granted: list[Permission], agencies: Mapping[str, Agency]) -> list[Column]:
    publishers = {each.publisher for each in granted}
    columns: dict[tuple[bool | str, frozenset[tuple[str, frozenset[Case]]]], Column] = {}
    for recipient in dict.fromkeys(each.recipient for each in granted):
        ours = [each for each in granted if each.recipient == recipient]
        names = {name for each in ours for name in each.names}
        others = publishers - {recipient}
        cells = {DELIVERY: cases_of(ours, agencies, others)} | {
            name: cases_of([each for each in ours if name in each.names], agencies, others)
            for name in names
        }
        picked = all(each.addresses for each in ours)
        key = (picked or recipient, frozenset(cells.items()))
        before = columns[key].agencies if key in columns else ()
        columns[key] = Column((*before, recipient), cells)
    return list(columns.values())


def _numbers(columns: list[Column], names: list[str]) -> dict[Case, int]:
    """A number for every case but "always", in the order in which a reader meets them."""
    numbers: dict[Case, int] = {}
    for name in names:
        for column in columns:
            for case in sorted(column.cells.get(name, ()), key=sorted):
                if case:
                    numbers.setdefault(case, len(numbers) + 1)
    return numbers


def _cell(cases: frozenset[Case], numbers: Mapping[Case, int]) -> str:
    if not cases:
        return NEVER
    if frozenset() in cases:
        return ALWAYS
    return " or ".join(str(number) for number in sorted(numbers[case] for case in cases))


def _title(column: Column, agencies: Mapping[str, Agency]) -> str:
    return "; ".join(agency_words(agency, agencies) for agency in column.agencies)


def _publisher_words(publishers: set[str], agencies: Mapping[str, Agency]) -> str:
    return "the publisher is " + "; or ".join(
        agency_words(agency, agencies) for agency in sorted(publishers)
    )
