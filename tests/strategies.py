"""Hypothesis strategies: random agreements, signed by some, and events that they concern."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from concordat_events.catalogue import CATALOGUE
from concordat_events.leaves import Kind, Leaf, leaves
from event_strategies import AGENCIES, CONTROLLERS, TYPES, WORDS, Plain, events, some, usually

# A moment, and the day it is in London: written out, not computed.
MOMENTS = (
    (datetime(2026, 11, 22, 12, 0, tzinfo=UTC), date(2026, 11, 22)),
    (datetime(2026, 6, 30, 23, 30, tzinfo=UTC), date(2026, 7, 1)),
    (datetime(2026, 6, 30, 22, 59, 59, tzinfo=UTC), date(2026, 6, 30)),
    (datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC), date(2026, 12, 31)),
)


def _operand(leaf: Leaf) -> SearchStrategy[Any]:
    if leaf.values:
        return st.sampled_from(sorted(leaf.values))
    if leaf.kind is Kind.DAY:
        return st.sampled_from(["2000-01-01", "1999-12-31"])
    if leaf.kind is Kind.INSTANT:
        return st.sampled_from(["2000-01-01T00:00:00Z", "2025-12-01T00:00:00.500000Z"])
    by_kind: dict[Kind, SearchStrategy[Any]] = {
        Kind.BOOLEAN: st.booleans(),
        # Within most limits, and never below a minimum of 0: such a test could not hold.
        Kind.INTEGER: st.integers(1, 10),
        Kind.NUMBER: st.integers(-10, 10) | st.sampled_from([0.5, -1.25]),
    }
    return by_kind.get(leaf.kind, st.sampled_from(WORDS))


_TESTABLE = {
    name: [leaf for leaf in leaves(model).values() if "[]" not in leaf.path]
    for name, model in CATALOGUE.items()
}
_SETS = {name: f"{name.replace('.', '-')}-set" for name in TYPES}
# What either side needs for fields of any mark (agreements/law.py).
_BASIS = ["gdpr-6-1-e", "gdpr-9-2-g", "dpa2018-sch1-18"]
_LAWS = {
    "law-a": {
        "gateway": "ca2004-s11",
        "publisher_basis": _BASIS,
        "recipient_basis": _BASIS,
    },
    "law-b": {
        "gateway": "common-law",
        "publisher_basis": [*_BASIS, "dpa2018-sch1-10"],
        "recipient_basis": ["gdpr-6-1-ea", "gdpr-9-2-h", "dpa2018-sch1-2"],
    },
}


@st.composite
def conditions(draw: DrawFn, event_type: str) -> Plain:
    """One condition that can be decided on a field of `event_type`."""
    leaf = draw(st.sampled_from(_TESTABLE[event_type]))
    tests = ["present", "includes"] if leaf.many else ["present", "is", "in", "in"]
    if leaf.kind in (Kind.INTEGER, Kind.NUMBER):
        tests += ["at_least", "less_than", "at_least"]
    test = draw(st.sampled_from(tests))
    if test == "present":
        return {"field": leaf.path, "present": True}
    if test == "in":
        return {"field": leaf.path, "in": draw(st.lists(_operand(leaf), min_size=1, max_size=4))}
    return {"field": leaf.path, test: draw(_operand(leaf))}


def _whens(event_type: str) -> SearchStrategy[list[Plain]]:
    """One or two conditions, of two fields: two of one field could contradict each other."""
    return st.lists(
        conditions(event_type), min_size=1, max_size=2, unique_by=lambda each: each["field"]
    )


@st.composite
def _shares(draw: DrawFn, number: int, event_type: str, document: Plain) -> Plain:
    known = leaves(CATALOGUE[event_type]).values()
    never = document["never_send"]
    plain = [leaf.path for leaf in known if not leaf.sealed and leaf.path not in never]
    sealed = [leaf.path for leaf in known if leaf.sealed and leaf.path not in never]
    sets = [f"@{_SETS[event_type]}"]
    parties = sorted(document["parties"])
    named = [*parties, "@some-parties"]
    return {
        "id": f"share-{number}",
        "from": some(draw, parties) or parties[:1],
        "to": some(draw, named) or named[-1:],
        "event": event_type,
        "when": draw(st.just([]) | _whens(event_type)),
        "send": some(draw, plain + sets, thin=True),
        "sealed": some(draw, sealed, thin=True),
        "law": draw(st.sampled_from(["law-a", "law-a", "law-b"])),
        "because": "A test needs it.",
    }


@st.composite
def agreements(draw: DrawFn, agreement_id: str, version: int, day: date) -> Plain:
    """A valid agreement as plain JSON values, usually in force on `day`."""
    start = day + timedelta(draw(usually(st.integers(-40, 0), 1)))
    end = max(start, day + timedelta(draw(usually(st.integers(0, 40), -1))))
    absent = draw(st.sampled_from([None, None, *AGENCIES]))
    parties = [agency for agency in AGENCIES if agency != absent]
    types = draw(st.lists(st.sampled_from(TYPES), min_size=1, max_size=3))
    paths = sorted({path for name in types for path in leaves(CATALOGUE[name])})
    never = draw(st.lists(st.sampled_from(paths), max_size=3, unique=True))
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
        "parties": {
            name: {
                "acts_as": draw(st.sampled_from(["controller"] * 3 + ["joint-controller"])),
                "keep_days": 30,
            }
            for name in parties
        },
        "groups": {"some-parties": some(draw, parties, thin=True) or parties[-1:]},
        "laws": _LAWS,
        "field_sets": {},
        "never_send": never,
    }
    for event_type in sorted(set(types)):
        known = leaves(CATALOGUE[event_type]).values()
        paths = [leaf.path for leaf in known if not leaf.sealed and leaf.path not in never]
        document["field_sets"][_SETS[event_type]] = some(draw, paths, thin=True) or paths[:1]
    document["shares"] = [draw(_shares(n, name, document)) for n, name in enumerate(types)]
    return document


@dataclass(frozen=True)
class Situation:
    """A register's content and some events, in plain values."""

    agreements: list[Plain]
    signatures: set[tuple[str, int, str]]
    notices: list[Plain]
    events: list[Plain]
    now: datetime
    day: date


@st.composite
def situations(draw: DrawFn) -> Situation:
    """One to three agreements in one or two versions, signed by some, and events they concern."""
    now, day = draw(st.sampled_from(MOMENTS))
    documents: list[Plain] = []
    for agreement_id in ("first", "second", "third")[: draw(st.integers(1, 3))]:
        versions = draw(st.sampled_from([(1,), (1,), (1, 2), (3, 1)]))
        documents += [draw(agreements(agreement_id, version, day)) for version in versions]
    signatures = set()
    for document in documents:
        for controller in sorted({CONTROLLERS[agency] for agency in document["parties"]}):
            if draw(usually(st.just(True), False)):
                signatures.add((document["id"], document["version"], controller))
    notices = [draw(_notices(document)) for document in documents if draw(st.integers(0, 9)) >= 8]
    shares = [share for document in documents for share in document["shares"]]
    concerned = [draw(_events_of(draw(st.sampled_from(shares)))) for _ in range(3)]
    return Situation(documents, signatures, notices, concerned, now, day)


def _events_of(share: Plain) -> SearchStrategy[Plain]:
    return events(tuple(share["from"]), (share["event"],))


@st.composite
def _notices(draw: DrawFn, document: Plain) -> Plain:
    behind = sorted({CONTROLLERS[agency] for agency in document["parties"]})
    return {
        "agreement": document["id"],
        "version": document["version"],
        "action": draw(st.sampled_from(["suspend", "withdraw"])),
        "controller": draw(st.sampled_from(behind)),
    }
