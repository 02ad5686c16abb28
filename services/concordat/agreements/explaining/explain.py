"""The decision on one event with everything that was considered: `decide`, said in full."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any

from concordat.agreements.book import Book
from concordat.agreements.day import london_day
from concordat.agreements.decide import decide
from concordat.agreements.decision import Decision, Grant
from concordat.agreements.explaining.consider import Question
from concordat.agreements.explaining.explanation import (
    AgreementConsidered,
    CandidateExplained,
    DeliveryExplained,
    Explanation,
)
from concordat.agreements.register import Register
from concordat_events.leaves import Leaf, leaves


def explain(
    book: Book,
    event_type: str,
    publisher: str,
    data: Any,
    denied: AbstractSet[str],
    now: datetime,
) -> Explanation:
    """Say for every candidate what `decide` says at `now`, and all that it looked at.

    `data` is the event's (JSON bytes). What is returned holds names of fields, conditions and
    verdicts, no value of the event. Raises `msgspec.DecodeError` when `data` is not of its type.
    """
    register, day = book.register, london_day(now)
    plan = book.plan(event_type, publisher, day)
    if plan is None:
        return Explanation(event_type, publisher, now, book.register_offset, ())
    known = leaves(register.catalogue[event_type])
    question = Question(register, event_type, publisher, day, known, plan.read(data))
    naming = _agreements_naming(register, event_type, publisher)
    decision = decide(plan, data, denied)
    candidates = tuple(
        _candidate(
            agency,
            decision,
            known,
            tuple(question.consider(agreement, agency) for agreement in naming[agency]),
        )
        for agency in (each.agency for each in plan.candidates)
    )
    return Explanation(event_type, publisher, now, book.register_offset, candidates)


def _agreements_naming(
    register: Register, event_type: str, publisher: str
) -> dict[str, dict[str, None]]:
    """By agency, the agreements of which any version names it for such events; in their order."""
    naming: dict[str, dict[str, None]] = {}
    for agreement_id, versions in register.agreements.items():
        for agreement in versions.values():
            for share in agreement.shares:
                if share.event == event_type and publisher in share.from_:
                    for agency in agreement.recipients(share):
                        naming.setdefault(agency, {})[agreement_id] = None
    return naming


def _candidate(
    agency: str,
    decision: Decision,
    known: Mapping[str, Leaf],
    agreements: tuple[AgreementConsidered, ...],
) -> CandidateExplained:
    deliveries = tuple(
        _delivery(grant, known) for grant in decision.grants if grant.agency == agency
    )
    if deliveries:
        return CandidateExplained(agency, "shared", deliveries, agreements)
    (withheld,) = (each for each in decision.withheld if each.agency == agency)
    return CandidateExplained(
        agency=agency,
        outcome="withheld",
        deliveries=(),
        agreements=agreements,
        reason=withheld.reason,
        because=withheld.reason.sentence,
        agreement=withheld.agreement,
        version=withheld.version,
        share=withheld.share,
        field=withheld.field,
    )


def _delivery(grant: Grant, known: Mapping[str, Leaf]) -> DeliveryExplained:
    withheld = [leaf for path, leaf in known.items() if path not in grant.view.fields]
    return DeliveryExplained(
        agreement=grant.agreement,
        version=grant.version,
        law=grant.law,
        shares=grant.shares,
        fields=grant.view.fields,
        withheld=tuple(leaf.path for leaf in withheld),
        sealed=tuple(leaf.path for leaf in withheld if leaf.sealed),
    )
