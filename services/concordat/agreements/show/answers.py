"""The answers to questions over many agreements, as sheets."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import TypeVar

from concordat.agreements.analysis import FieldGap, FieldSeen, Permission, TypeGaps
from concordat.agreements.parties import Agency
from concordat.agreements.show.matrix import DELIVERY, cases_of, mark_words, ordered_names
from concordat.agreements.show.parties import ONWARD
from concordat.agreements.show.sheet import Block, Fact, Facts, Heading, Paragraph, Sheet, Table
from concordat.agreements.show.words import (
    MARKS,
    address_words,
    agency_words,
    condition_words,
    count_words,
    event_words,
    name_words,
)
from concordat_events.fields import Data

AS_WRITTEN = "As the agreements are written, whoever has signed them."
Agencies = Mapping[str, Agency]
Catalogue = Mapping[str, type[Data]]
T = TypeVar("T")
A = TypeVar("A")


def seen_sheet(
    field: str, seen: Iterable[FieldSeen], agencies: Agencies, catalogue: Catalogue
) -> Sheet:
    """Who receives each of these fields, from whom, when and under which share."""
    title = f"Who sees {field}"
    blocks: list[Block] = [Heading(1, title), Paragraph(AS_WRITTEN)]
    for event, fields in groupby(seen, key=lambda each: each.event):
        blocks.append(Heading(2, event_words(event, catalogue)))
        answers = ((each, tuple(_sights(each, agencies))) for each in fields)
        for answer, alike in _alike(answers).items():
            words = (f"{each.leaf.path} ({MARKS[each.leaf.sensitivity]})" for each in alike)
            blocks += [Heading(3, ", ".join(words)), *answer]
    return Sheet(title, tuple(blocks))


def received_sheet(
    agency: str, received: Iterable[Permission], agencies: Agencies, catalogue: Catalogue
) -> Sheet:
    """What an agency may receive: by event type and publisher, each field and when."""
    title = f"What {agency_words(agency, agencies)} receives"
    blocks: list[Block] = []
    for event, group in groupby(received, key=lambda each: each.share.event):
        blocks += _from_each(event, list(group), agencies, catalogue)
    nothing = Paragraph("Nothing: no share sends to it.")
    return Sheet(title, (Heading(1, title), Paragraph(AS_WRITTEN), *(blocks or [nothing])))


def gaps_sheet(found: Iterable[TypeGaps], catalogue: Catalogue) -> Sheet:
    """What is published and received by nobody."""
    title = "Published and received by nobody"
    blocks: list[Block] = [Heading(1, title), Paragraph(AS_WRITTEN)]
    for each in found:
        blocks.append(Heading(2, event_words(each.event, catalogue)))
        if not each.shared:
            blocks.append(Paragraph("Nobody receives events of this kind."))
            continue
        rows = tuple(
            (gap.leaf.path, MARKS[gap.leaf.sensitivity], "; ".join(_notes(gap)) or "no share")
            for gap in each.fields
        )
        blocks.append(Table("Fields that nobody receives", ("Field", "Mark", "What stands"), rows))
    return Sheet(title, tuple(blocks))


def _alike(pairs: Iterable[tuple[T, A]]) -> dict[A, list[T]]:
    """What was asked about by its answer: the same one is given once."""
    answers: dict[A, list[T]] = {}
    for about, answer in pairs:
        answers.setdefault(answer, []).append(about)
    return answers


def _sights(seen: FieldSeen, agencies: Agencies) -> Iterator[Block]:
    path = seen.leaf.path
    received = [
        (each.permission, f"{name_words(each.name)}: " if each.name != path else "")
        for each in seen.sights
    ]
    if received:
        yield Facts(tuple(_by_recipient(received, agencies)))
    else:
        yield Paragraph("Nobody receives it.")
    if seen.told:
        yield Paragraph("Not sent it, but told something of it by the mere delivery:")
        yield Facts(tuple(_by_recipient([(each, "") for each in seen.told], agencies)))


def _by_recipient(granted: Iterable[tuple[Permission, str]], agencies: Agencies) -> Iterator[Fact]:
    """One fact a recipient; one text a share, with all its publishers."""
    publishers: dict[str, dict[str, list[str]]] = {}
    for each, of_it in granted:
        texts = publishers.setdefault(agency_words(each.recipient, agencies), {})
        text = f"{of_it}{_when(each)} ({_source(each)}), from "
        texts.setdefault(text, []).append(agency_words(each.publisher, agencies))
    for recipient, texts in publishers.items():
        yield Fact(recipient, tuple(text + "; ".join(of) for text, of in texts.items()))


def _from_each(
    event: str, granted: list[Permission], agencies: Agencies, catalogue: Catalogue
) -> Iterator[Block]:
    """What each publisher's events of one type tell, publishers that tell the same together."""
    answers = (
        (publisher, tuple(_received(event, list(theirs), agencies, catalogue)))
        for publisher, theirs in groupby(granted, key=lambda each: each.publisher)
    )
    for facts, publishers in _alike(answers).items():
        sources = "; ".join(agency_words(publisher, agencies) for publisher in publishers)
        yield Heading(2, f"{event_words(event, catalogue)} from {sources}")
        yield Facts(facts)


def _received(
    event: str, granted: list[Permission], agencies: Agencies, catalogue: Catalogue
) -> Iterator[Fact]:
    yield Fact("Under", tuple(_terms(each) for each in granted))
    names = ordered_names({name for each in granted for name in each.names}, event, catalogue)
    publishers = {each.publisher for each in granted}
    fields: dict[str, list[str]] = {}
    for name in (DELIVERY, *names):
        ours = [each for each in granted if name == DELIVERY or name in each.names]
        cases = sorted(map(sorted, cases_of(ours, agencies, publishers)))
        when = ", or when ".join(" and ".join(case) for case in cases)
        sealed = mark_words(name, event, catalogue) == "sealed"
        words = name if name == DELIVERY else name_words(name) + (" (sealed)" if sealed else "")
        fields.setdefault(f"When {when}" if when else "Always", []).append(words)
    yield from (Fact(when, (", ".join(words),)) for when, words in fields.items())


def _terms(permission: Permission) -> str:
    party = permission.agreement.parties[permission.recipient]
    kept = f"kept for {count_words(party.keep_days, 'day')}" if party.keep_days else "kept: unsaid"
    law = f"by the law {permission.share.law}"
    return f"{_source(permission)}, {law}; {kept}; {ONWARD[party.onward]}"


def _notes(gap: FieldGap) -> Iterator[str]:
    yield from (f"sent: {name_words(name)}" for name in gap.coarsened)
    if gap.asked:
        yield "a condition asks for it"
    yield from (f"never sent by {agreement}" for agreement in gap.forbidden)


def _when(permission: Permission) -> str:
    words = [condition_words(condition) for condition in permission.share.when]
    if permission.addresses:
        words.append(address_words(permission.addresses))
    return f"when {' and '.join(words)}" if words else "always"


def _source(permission: Permission) -> str:
    agreement = permission.agreement
    return f"share {permission.share.id} of {agreement.id} v{agreement.version}"
