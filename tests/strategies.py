"""Hypothesis strategies: random agreements, signed and stopped by some, and events they concern."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from concordat_events.catalogue import CATALOGUE
from concordat_events.leaves import leaves
from event_strategies import (
    AGENCIES,
    CONTROLLERS,
    IDENTIFIERS,
    TYPES,
    Plain,
    events,
    fill_in,
    some,
    usually,
)
from naive_register import PlainRegister
from notice_strategies import notices
from share_strategies import SETS, shares

# A moment, and the day it is in London: written out, not computed.
MOMENTS = (
    (datetime(2026, 11, 22, 12, 0, tzinfo=UTC), date(2026, 11, 22)),
    (datetime(2026, 6, 30, 23, 30, tzinfo=UTC), date(2026, 7, 1)),
    (datetime(2026, 6, 30, 22, 59, 59, tzinfo=UTC), date(2026, 6, 30)),
    (datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC), date(2026, 12, 31)),
)
# What either side needs for fields of any mark (agreements/law.py).
_BASIS = ["gdpr-6-1-e", "gdpr-9-2-g", "dpa2018-sch1-18"]
LAWS = {
    "law-a": {"gateway": "ca2004-s11", "publisher_basis": _BASIS, "recipient_basis": _BASIS},
    "law-b": {
        "gateway": "common-law",
        "publisher_basis": [*_BASIS, "dpa2018-sch1-10"],
        "recipient_basis": ["gdpr-6-1-ea", "gdpr-9-2-h", "dpa2018-sch1-2"],
    },
}


@st.composite
def agreements(
    draw: DrawFn, agreement_id: str, version: int, day: date, types: Sequence[str] = TYPES
) -> Plain:
    """A valid agreement as plain JSON values, usually in force on `day`."""
    start = day + timedelta(draw(usually(st.integers(-40, 0), 1)))
    end = max(start, day + timedelta(draw(usually(st.integers(0, 40), -1))))
    absent = draw(st.sampled_from([None, None, *AGENCIES]))
    parties = [agency for agency in AGENCIES if agency != absent]
    named = draw(st.lists(st.sampled_from(types), min_size=1, max_size=3))
    paths = sorted({path for name in named for path in leaves(CATALOGUE[name])})
    document: Plain = {
        "schema": "concordat/agreement/v1",
        "id": agreement_id,
        "version": version,
        "service_line": "domestic-abuse",
        "title": "A drawn agreement",
        "purpose": "Show what an agreement does.",
        "effective": {"from": start.isoformat(), "until": end.isoformat()},
        "review_by": end.isoformat(),
        "dpia": {"ref": "DPIA-1", "approved": start.isoformat()},
        "operator": "council",
        "parties": {name: draw(_parties()) for name in parties},
        "groups": _groups(draw, parties),
        "laws": LAWS,
        "never_send": draw(st.lists(st.sampled_from(paths), max_size=3, unique=True)),
    }
    document["field_sets"] = {
        SETS[event_type]: paths
        for event_type in sorted(set(named))
        if (paths := _set(draw, event_type, document["never_send"]))
    }
    document["shares"] = [draw(shares(n, name, document)) for n, name in enumerate(named)]
    return document


def _parties() -> SearchStrategy[Plain]:
    acting = ["controller"] * 4 + ["joint-controller"]
    return st.fixed_dictionaries(
        {"acts_as": st.sampled_from(acting), "keep_days": st.just(30)},
        optional={
            "onward": st.sampled_from(["none", "ask", "allowed"]),
            "direct": st.booleans(),
        },
    )


def _groups(draw: DrawFn, parties: list[str]) -> dict[str, list[str]]:
    """Some parties; and for each kind of identifier, those that have one."""
    groups = {"some-parties": some(draw, parties, thin=True) or parties[-1:]}
    for whose in ("urn", "ods", "gss"):
        groups[f"with-{whose}"] = [name for name in parties if whose in IDENTIFIERS.get(name, {})]
    return {name: members for name, members in groups.items() if members}


def _set(draw: DrawFn, event_type: str, never: list[str]) -> list[str]:
    known = leaves(CATALOGUE[event_type]).values()
    paths = [leaf.path for leaf in known if not leaf.sealed and leaf.path not in never]
    return some(draw, paths, thin=True) or paths[:1]


@dataclass(frozen=True)
class Situation:
    """A register's content and some events, in plain values."""

    register: PlainRegister
    events: list[Plain]
    now: datetime
    day: date


@st.composite
def situations(draw: DrawFn) -> Situation:
    """One to three agreements in one or two versions, signed by some, and events they concern."""
    now, day = draw(st.sampled_from(MOMENTS))
    types = draw(st.lists(st.sampled_from(TYPES), min_size=1, max_size=2, unique=True))
    documents: list[Plain] = []
    for agreement_id in ("first", "second", "third")[: draw(st.integers(1, 3))]:
        versions = draw(st.sampled_from([(1,), (1,), (1, 2), (3, 1)]))
        documents += [draw(agreements(agreement_id, version, day, types)) for version in versions]
    signatures = set()
    for document in documents:
        for controller in sorted({CONTROLLERS[agency] for agency in document["parties"]}):
            if draw(st.integers(0, 5)):
                signatures.add((document["id"], document["version"], controller))
    register = PlainRegister(
        documents, signatures, draw(notices(documents)), CONTROLLERS, IDENTIFIERS
    )
    every = [share for document in documents for share in document["shares"]]
    concerned = [draw(_events_of(draw(st.sampled_from(every)))) for _ in range(3)]
    return Situation(register, concerned, now, day)


@st.composite
def _events_of(draw: DrawFn, share: Plain) -> Plain:
    """An event of the share's type and publishers, often one that the share is about."""
    event: Plain = draw(events(tuple(share["from"]), (share["event"],)))
    for item in share["to"]:
        if isinstance(item, dict) and draw(usually(st.just(True), False)):
            known = [own[item["whose"]] for own in IDENTIFIERS.values() if item["whose"] in own]
            fill_in(event, item["is"], draw(st.sampled_from(sorted(known))))
    for condition in share["when"]:
        if "present" not in condition and draw(usually(st.just(True), False)):
            fill_in(event, condition["field"], _meeting(condition))
    return event


def _meeting(condition: Plain) -> Any:
    """A value that meets the condition."""
    if "includes" in condition:
        return [condition["includes"]]
    if "in" in condition:
        return condition["in"][-1]
    if "less_than" in condition:
        return condition["less_than"] - 1
    return condition.get("is", condition.get("at_least"))
