"""One situation, decided by the exchange and by the naive evaluator: where do they differ?"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

import naive
from agreeing_on_changes import differences_of_changes
from agreeing_on_rehearsal import differences_of_rehearsal
from agreeing_on_routing import Sent, differences_of_routing, through_the_stages
from concordat.agreements.book import Book
from concordat.agreements.decide import decide
from concordat.agreements.decision import Decision, Grant, Withheld
from concordat.agreements.explaining.explain import explain
from concordat.agreements.explaining.explanation import (
    CandidateExplained,
    Explanation,
    ShareConsidered,
)
from concordat_events.catalogue import CATALOGUE
from concordat_events.leaves import leaves
from language_features import features_of
from naive_register import Plain, PlainRegister
from plain_register import signed, unsigned
from strategies import Situation

Cases = dict[tuple[str, str], naive.Case]


@dataclass
class Count:
    """What was compared: (agreement, event, recipient) cases, and what they showed."""

    cases: int = 0
    delivering: int = 0
    sent: Sent = field(default_factory=Sent)
    compared: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    features: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Count") -> None:
        """Take the counts of another part."""
        self.cases += other.cases
        self.delivering += other.delivering
        self.sent.add(other.sent)
        for name in ("compared", "reasons", "features"):
            getattr(self, name).update(getattr(other, name))


def differences(
    situation: Situation, count: Count, *, sign: bool = False, thorough: bool = True
) -> Iterator[str]:
    """Yield every difference, in words. `sign`: the register comes about as in production.

    Routing is always compared; explain, rehearse and compare, which take longer, when `thorough`.
    """
    book = signed(situation.register).book if sign else Book(unsigned(situation.register))
    if len(book.register.refused) != (len(situation.register.unreadable) if sign else 0):
        yield f"refused: {[each.why for each in book.register.refused]}"
    routed = through_the_stages(book, situation.events, situation.now)
    for event, record in zip(situation.events, routed, strict=True):
        cases = naive.cases(situation.register, event, situation.day)
        deliveries, withheld = naive.evaluate_cases(cases)
        yield from differences_of_routing(record, deliveries, withheld, count.sent)
        for each in record.withheld:
            if not _is_so(each, cases):
                yield f"{event['id']}: {each} is not why"
        if thorough:
            yield from _of_event(book, situation, event, cases, count)
        count.cases += len(cases)
        count.delivering += sum(bool(case.delivered) for case in cases.values())
        count.reasons.update(withheld.values())
        count.features.update(features_of(situation.register, event, deliveries))
    if thorough:
        yield from differences_of_rehearsal(situation, count.compared)
        yield from differences_of_changes(situation, count.compared)


def _of_event(
    book: Book, situation: Situation, event: Plain, cases: Cases, count: Count
) -> Iterator[str]:
    deliveries, withheld = naive.evaluate_cases(cases)
    data = json.dumps(event["data"]).encode()
    denied = frozenset((event.get("withholdfrom") or "").split(","))
    publisher = event["source"][2:]
    decision = decide(book.plan(event["type"], publisher, situation.day), data, denied)
    yield from _of_grants(situation.register, event, data, decision, deliveries)
    explained = explain(book, event["type"], publisher, data, denied, situation.now)
    yield from _of_explanation(explained, cases, deliveries, withheld, event["id"])
    count.compared["explained"] += len(explained.candidates)


def _of_grants(
    register: PlainRegister,
    event: Plain,
    data: bytes,
    decision: Decision,
    expected: dict[tuple[str, str, str], naive.Delivered],
) -> Iterator[str]:
    found = {(each.agency, each.agreement, each.law): each for each in decision.grants}
    if found.keys() != expected.keys() or len(found) != len(decision.grants):
        yield f"{event['id']}: deliveries {sorted(found)}, not {sorted(expected)}"
        return
    for key, grant in found.items():
        projected = json.loads(msgspec.json.encode(grant.view.project(data)))
        delivered = naive.Delivered(
            grant.version, [*grant.shares], set(grant.view.fields), projected
        )
        if delivered != expected[key]:
            yield f"{event['id']}: {key} gets {delivered}, not {expected[key]}"
        if _terms(grant) != _plain_terms(register, event["type"], key, expected[key]):
            yield f"{event['id']}: {key} gets it under other terms: {_terms(grant)}"


def _terms(grant: Grant) -> Plain:
    return {
        "purpose": grant.purpose,
        "gateway": grant.gateway,
        "basis": grant.lawful_basis,
        "onward": grant.onward,
        "keep_days": grant.keep_days,
        "hours": grant.collect_within_hours,
        "withheld": set(filter(None, grant.withheld.split(","))),
    }


def _plain_terms(
    register: PlainRegister,
    event_type: str,
    key: tuple[str, str, str],
    delivered: naive.Delivered,
) -> Plain:
    agency, agreement_id, law = key
    versions = register.versions(agreement_id)
    (document,) = (each for each in versions if each["version"] == delivered.version)
    shares = [each for each in document["shares"] if each["id"] in delivered.shares]
    hours = [each["collect_within_hours"] for each in shares if "collect_within_hours" in each]
    known = leaves(CATALOGUE[event_type]).values()
    return {
        "purpose": document["purpose"],
        "gateway": document["laws"][law]["gateway"],
        "basis": ",".join(document["laws"][law]["recipient_basis"]),
        "onward": document["parties"][agency]["onward"],
        "keep_days": document["parties"][agency]["keep_days"],
        "hours": min(hours) if hours else None,
        "withheld": {leaf.path for leaf in known if not leaf.sealed} - delivered.fields,
    }


def _is_so(told: Withheld, cases: Cases) -> bool:
    """Whether the agreement and share that are told did fail for that reason."""
    if told.agreement is None:
        return told.reason in ("DENIED_BY_PUBLISHER", "NOT_NAMED")
    case = cases[told.agreement, told.agency]
    if told.share is not None:
        return case.failed.get(told.share) == (str(told.reason), told.field)
    return case.reason == told.reason


def _of_explanation(
    explained: Explanation,
    cases: Cases,
    deliveries: dict[tuple[str, str, str], naive.Delivered],
    withheld: dict[str, str],
    event_id: str,
) -> Iterator[str]:
    found = {
        (each.agency, delivery.agreement, delivery.law): (
            delivery.version,
            [*delivery.shares],
            set(delivery.fields),
        )
        for each in explained.candidates
        for delivery in each.deliveries
    }
    expected = {key: (each.version, each.shares, each.fields) for key, each in deliveries.items()}
    if found != expected:
        yield f"{event_id}: explained as {found}, not {expected}"
    told = {each.agency: str(each.reason) for each in explained.candidates if each.reason}
    if told != withheld:
        yield f"{event_id}: explained as withheld {told}, not {withheld}"
    if {each.agency for each in explained.candidates} != {agency for _, agency in cases}:
        yield f"{event_id}: other candidates are explained"
    for each in explained.candidates:
        yield from _of_candidate(each, cases, event_id)


def _of_candidate(explained: CandidateExplained, cases: Cases, event_id: str) -> Iterator[str]:
    """What is said of each agreement and share, also where the publisher denied the event."""
    for considered in explained.agreements:
        case = cases[considered.agreement, explained.agency]
        if case.reason == "DENIED_BY_PUBLISHER":
            continue
        where = f"{event_id}: {considered.agreement} for {explained.agency}"
        if considered.reason is not None:
            if considered.reason != case.reason:
                yield f"{where} is explained as {considered.reason}, not {case.reason}"
            continue
        failed = {each.share: _failure(each) for each in considered.shares if each.reason}
        if failed != case.failed:
            yield f"{where}: shares failed {failed}, not {case.failed}"
        held = {each.share for each in considered.shares if not each.reason}
        if held != {share for each in case.delivered.values() for share in each.shares}:
            yield f"{where}: shares {held} held"


def _failure(considered: ShareConsidered) -> tuple[str, Any]:
    return str(considered.reason), considered.field
