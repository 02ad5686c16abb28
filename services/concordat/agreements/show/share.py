"""One share in plain words: who sends what to whom, when, why and under which law."""

from collections.abc import Iterable, Iterator, Mapping

from concordat.agreements.coarsening import name_of
from concordat.agreements.document import Agreement, ByIdentifier, Coarsened, Law, Share
from concordat.agreements.parties import Agency
from concordat.agreements.show.matrix import ordered_names
from concordat.agreements.show.sheet import Block, Fact, Facts, Heading, fact
from concordat.agreements.show.words import (
    IDENTIFIERS,
    address_words,
    agency_words,
    basis_words,
    condition_words,
    count_words,
    event_words,
    gateway_words,
    name_words,
    tidy,
)
from concordat_events.fields import Data

ALWAYS = "always: every event of this kind"
SIGNAL = "no field: the delivery itself is the message"


def share_blocks(
    agreement: Agreement,
    share: Share,
    agencies: Mapping[str, Agency],
    catalogue: Mapping[str, type[Data]],
) -> Iterator[Block]:
    """Everything that the share says, each part under its own term."""
    yield Heading(3, f"Share {share.id}")
    yield Facts(
        (
            Fact(
                "From", tuple(agency_words(each, agencies) for each in dict.fromkeys(share.from_))
            ),
            Fact("To", tuple(_recipients(agreement, share, agencies))),
            fact("What", event_words(share.event, catalogue)),
            _when(share),
            *_sent(agreement, share, catalogue),
            *_reveals(agreement, share),
            *_collect(share),
            *law_facts(share.law, agreement.laws.get(share.law)),
            *_requires(share, agencies),
            fact("Because", tidy(share.because)),
        )
    )


def law_facts(name: str, law: Law | None) -> Iterator[Fact]:
    """A law by its name in the agreement: the power, and what each side relies on."""
    if law is None:
        yield fact("Under the law", f"{name}, which this agreement does not define")
        return
    yield fact("Under the law", f"{name}: {gateway_words(law.gateway)}")
    for side, codes in (
        ("The publisher relies on", law.publisher_basis),
        ("The recipient relies on", law.recipient_basis),
    ):
        yield Fact(side, tuple(basis_words(code) for code in codes))


def _when(share: Share) -> Fact:
    if not share.when:
        return fact("When", ALWAYS)
    words = tuple(condition_words(condition) for condition in share.when)
    return Fact("When" if len(words) == 1 else "When all of these hold", words)


def _recipients(
    agreement: Agreement, share: Share, agencies: Mapping[str, Agency]
) -> Iterator[str]:
    picked: dict[tuple[ByIdentifier, ...], list[str]] = {}
    for agency, addresses in agreement.addressed(share).items():
        if addresses:
            picked.setdefault(addresses, []).append(agency)
        else:
            yield agency_words(agency, agencies)
    for addresses, members in picked.items():
        names = "; ".join(agency_words(agency, agencies) for agency in members)
        yield f"only when {address_words(addresses)}: {names}"
        yield from _unreachable(members, addresses, agencies)


def _unreachable(
    members: Iterable[str], addresses: tuple[ByIdentifier, ...], agencies: Mapping[str, Agency]
) -> Iterator[str]:
    kinds = tuple(dict.fromkeys(each.whose for each in addresses))
    for agency in members:
        if agency in agencies:
            known = agencies[agency].identifiers
            if not any(known and getattr(known, kind) for kind in kinds):
                missing = " or ".join(IDENTIFIERS[kind] for kind in kinds)
                words = agency_words(agency, agencies)
                yield f"not reached as things stand, for want of a registered {missing}: {words}"


def _sent(
    agreement: Agreement, share: Share, catalogue: Mapping[str, type[Data]]
) -> Iterator[Fact]:
    sent = agreement.sent(share)
    sealed = sent & {
        name_of(item.field, item.as_) if isinstance(item, Coarsened) else item
        for item in share.sealed
    }
    if not sent:
        yield fact("Sends", SIGNAL)
    for term, names in (
        ("Sends", sent - sealed),
        ("Sends although sealed (where somebody can be found or reached)", sealed),
    ):
        if names:
            words = map(name_words, ordered_names(names, share.event, catalogue))
            yield fact(term, ", ".join(words))


def _reveals(agreement: Agreement, share: Share) -> Iterator[Fact]:
    asked = [(each.field, condition_words(each)) for each in share.when] + [
        (address.is_, address_words([address]))
        for addresses in agreement.addressed(share).values()
        for address in addresses
    ]
    words = [
        " and ".join(dict.fromkeys(said for field, said in asked if field == path)) or path
        for path in dict.fromkeys(share.reveals)
    ]
    if words:
        yield Fact("The mere delivery reveals, even when the field is not sent", tuple(words))


def _collect(share: Share) -> Iterator[Fact]:
    if share.collect_within_hours is not None:
        yield fact("To be collected within", count_words(share.collect_within_hours, "hour"))


def _requires(share: Share, agencies: Mapping[str, Agency]) -> Iterator[Fact]:
    if share.requires:
        words = tuple(agency_words(agency, agencies) for agency in dict.fromkeys(share.requires))
        yield Fact(
            "Only while these too have signed and not stopped it, though they may be no end of it",
            words,
        )
