"""The parties of an agreement: how each acts, keeps, passes on, and what it undertakes."""

from collections.abc import Iterator, Mapping

from concordat.agreements.analysis import permissions
from concordat.agreements.document import Agreement, Party
from concordat.agreements.parties import Agency
from concordat.agreements.show.sheet import Block, Fact, Facts, Heading, Paragraph
from concordat.agreements.show.words import IDENTIFIERS, agency_words, count_words, quoted, tidy

ACTS_AS = {
    "controller": "acts as a controller",
    "joint-controller": "acts as a joint controller: all of them must have signed",
    "processor": "acts as a processor",
}
ONWARD = {
    "none": "may not pass on what it receives",
    "ask": "must ask the publisher before it passes on what it receives",
    "allowed": "may pass on what it receives",
}
DIRECT = (
    "its deliveries are also written to a message stream of its own (Kafka topic inbox.{agency}); "
    "warning: what has left that way cannot be called back, even if the agreement is suspended "
    "or withdrawn"
)


def party_blocks(agreement: Agreement, agencies: Mapping[str, Agency]) -> Iterator[Block]:
    """One fact a party."""
    yield Heading(2, "The parties")
    receiving = {each.recipient for each in permissions([agreement])}
    yield Facts(
        tuple(
            Fact(
                agency_words(agency, agencies),
                (
                    *_said(agency, party, agencies),
                    *(() if agency in receiving else ("receives nothing under this agreement",)),
                ),
            )
            for agency, party in agreement.parties.items()
        )
    )


def undertaking_blocks(agreement: Agreement, agencies: Mapping[str, Agency]) -> Iterator[Block]:
    """What the parties promise and the exchange cannot check."""
    if not agreement.undertakings:
        return
    yield Heading(2, "What the parties undertake")
    yield Paragraph("No machine can enforce this; whoever signs promises it.")
    yield Facts(
        tuple(
            Fact(agency_words(agency, agencies), tuple(map(tidy, sentences)) or ("nothing",))
            for agency, sentences in agreement.undertakings.items()
        )
    )


def _said(agency: str, party: Party, agencies: Mapping[str, Agency]) -> Iterator[str]:
    if agency in agencies:
        yield f"the controller behind it is {agencies[agency].controller}"
        yield from _identifiers(agencies[agency])
    yield ACTS_AS[party.acts_as]
    if party.keep_days is None:
        yield "how long the exchange keeps its copies is not stated"
    else:
        yield f"the exchange keeps its copies for {count_words(party.keep_days, 'day')}"
    yield ONWARD[party.onward]
    if party.direct:
        yield DIRECT.format(agency=agency)


def _identifiers(agency: Agency) -> Iterator[str]:
    known = agency.identifiers
    for kind, words in IDENTIFIERS.items():
        if known and (value := getattr(known, kind)):
            yield f"its registered {words} is {quoted(value)}"
