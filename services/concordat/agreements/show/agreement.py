"""A whole agreement as a sheet, whatever has been signed: what it would do, in plain words."""

from collections.abc import Iterator, Mapping

from concordat.agreements.document import Agreement
from concordat.agreements.parties import Agency
from concordat.agreements.show.matrix import matrix_blocks
from concordat.agreements.show.parties import party_blocks, undertaking_blocks
from concordat.agreements.show.share import law_facts, share_blocks
from concordat.agreements.show.sheet import Block, Facts, Heading, Paragraph, Sheet, fact
from concordat.agreements.show.words import agency_words, day_words, tidy
from concordat_events.fields import Data

DISCLOSED = (
    "Every delivery under this agreement tells its recipient, whatever fields it holds and even if "
    "it holds none, that the publisher has recorded an event of this kind, about this case, at "
    "this time."
)
ALSO_DISCLOSED = (
    "It also tells that every condition of the shares it comes under was met. It names those "
    "shares, this agreement, its purpose and its law, the event by its publisher's own reference, "
    "and the fields of that kind of event that are not sent, by name only and sealed ones left out."
)
HOW_TO_READ = (
    "A share sends nothing unless all that stands under “When” holds; a field that is not filled "
    "in meets no condition. Several shares under one law make one delivery with all their fields; "
    "shares under different laws make separate deliveries. No agency is sent its own events. "
    "Dots lead into a part of the event, and [] stands for every entry of a list: children[].name "
    "is the name of each of the children."
)
HOW_TO_READ_MATRIX = (
    "A cell says when a recipient receives a field: always, never (—), or in the cases with these "
    "numbers, which stand below the table; a case needs all of its lines. Marks: personal; "
    "sensitive (special category or criminal offence data); sealed (where somebody can be found "
    "or reached, or intelligence)."
)


def show_agreement(
    agreement: Agreement, agencies: Mapping[str, Agency], catalogue: Mapping[str, type[Data]]
) -> Sheet:
    """Say everything that `agreement` says. `agencies` give names and controllers where known."""
    return Sheet(
        f"Agreement {agreement.id}, version {agreement.version}",
        (
            *_head(agreement),
            *party_blocks(agreement, agencies),
            Heading(2, "What is shared"),
            Paragraph(HOW_TO_READ),
            *(
                block
                for share in agreement.shares
                for block in share_blocks(agreement, share, agencies, catalogue)
            ),
            Heading(2, "Who receives what"),
            Paragraph(HOW_TO_READ_MATRIX),
            *(
                block
                for event in dict.fromkeys(share.event for share in agreement.shares)
                for block in matrix_blocks(agreement, event, agencies, catalogue)
            ),
            *_never_sent(agreement),
            *undertaking_blocks(agreement, agencies),
            *_unused(agreement, agencies),
        ),
    )


def _head(agreement: Agreement) -> Iterator[Block]:
    first, last = agreement.effective.from_, agreement.effective.until
    dpia = agreement.dpia
    yield Heading(1, f"Agreement {agreement.id}, version {agreement.version}")
    yield Paragraph(DISCLOSED)
    yield Paragraph(ALSO_DISCLOSED)
    yield Facts(
        (
            fact("Title", tidy(agreement.title)),
            fact("Purpose", tidy(agreement.purpose)),
            fact("Service line", agreement.service_line),
            fact(
                "In force",
                f"from {day_words(first)} to {day_words(last)}, both days included, in London",
            ),
            fact("To be reviewed by", day_words(agreement.review_by)),
            fact(
                "Data protection impact assessment",
                f"{tidy(dpia.ref)}, approved on {day_words(dpia.approved)}",
            ),
            fact("Operator, who runs the exchange as a processor", agreement.operator),
            fact("What is signed has the SHA-256 digest", agreement.digest()),
        )
    )


def _never_sent(agreement: Agreement) -> Iterator[Block]:
    if agreement.never_send:
        yield Heading(2, "What is never sent")
        paths = tuple(dict.fromkeys(agreement.never_send))
        yield Facts((fact("To nobody under this agreement, in whatever form", ", ".join(paths)),))


def _unused(agreement: Agreement, agencies: Mapping[str, Agency]) -> Iterator[Block]:
    """What is written down and takes no effect, so that all that is signed is shown."""
    laws = {share.law for share in agreement.shares}
    unused = [
        one
        for name, law in agreement.laws.items()
        if name not in laws
        for one in law_facts(name, law)
    ]
    groups = {
        to if isinstance(to, str) else f"@{to.group}" for s in agreement.shares for to in s.to
    }
    for name, members in agreement.groups.items():
        if f"@{name}" not in groups:
            words = "; ".join(agency_words(agency, agencies) for agency in members)
            unused.append(fact(f"The group {name}", words))
    sets = {item for share in agreement.shares for item in share.send if isinstance(item, str)}
    for name, paths in agreement.field_sets.items():
        if f"@{name}" not in sets:
            unused.append(fact(f"The set of fields {name}", ", ".join(paths)))
    if unused:
        yield Heading(2, "What is defined and used by no share")
        yield Facts(tuple(unused))
