"""Hypothesis strategies: conditions, recipients and fields of one share."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from concordat_events.catalogue import CATALOGUE
from concordat_events.fields import POSTCODE
from concordat_events.leaves import Kind, Leaf, leaves
from event_strategies import TYPES, WORDS, Plain, some

SETS = {name: f"{name.replace('.', '-')}-set" for name in TYPES}
_TESTABLE = {
    name: [leaf for leaf in leaves(model).values() if "[]" not in leaf.path]
    for name, model in CATALOGUE.items()
}
_RARE = {
    name: [leaf for leaf in known if leaf.many or leaf.kind in (Kind.INTEGER, Kind.NUMBER)] or known
    for name, known in _TESTABLE.items()
}


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


@st.composite
def conditions(draw: DrawFn, event_type: str, never: list[str]) -> Plain:
    """One condition that can be decided on a field of `event_type`, none of `never`."""
    known = [leaf for leaf in _TESTABLE[event_type] if leaf.path not in never]
    rare = [leaf for leaf in _RARE[event_type] if leaf.path not in never]
    leaf = draw(st.sampled_from(known) | st.sampled_from(rare or known))
    tests = ["present", "includes"] if leaf.many else ["present", "is", "in", "in"]
    if leaf.kind in (Kind.INTEGER, Kind.NUMBER):
        tests += ["at_least", "less_than"] * 2
    test = draw(st.sampled_from(tests))
    if test == "present":
        return {"field": leaf.path, "present": True}
    if test == "in":
        return {"field": leaf.path, "in": draw(st.lists(_operand(leaf), min_size=1, max_size=4))}
    return {"field": leaf.path, test: draw(_operand(leaf))}


def _whens(event_type: str, never: list[str]) -> SearchStrategy[list[Plain]]:
    """One or two conditions, of two fields: two of one field could contradict each other."""
    each = conditions(event_type, never)
    return st.lists(each, min_size=1, max_size=2, unique_by=lambda one: one["field"])


def tells_sealed(share: Plain) -> Plain:
    """The share, with every sealed field sent of which its conditions tell the value."""
    known = leaves(CATALOGUE[share["event"]])
    told = [
        condition["field"]
        for condition in share["when"]
        if known[condition["field"]].sealed and "present" not in condition
    ]
    return {
        **share,
        "sealed": share["sealed"] + [one for one in told if one not in share["sealed"]],
    }


@st.composite
def shares(draw: DrawFn, number: int, event_type: str, document: Plain) -> Plain:
    """A valid share of `document`, which has its parties, groups and sets already."""
    parties = sorted(document["parties"])
    all_leaves = leaves(CATALOGUE[event_type]).values()
    known = [leaf for leaf in all_leaves if leaf.path not in document["never_send"]]
    plain = [leaf.path for leaf in known if not leaf.sealed]
    sealed = [leaf.path for leaf in known if leaf.sealed]
    sets = [f"@{name}" for name in document["field_sets"] if name == SETS[event_type]]
    senders = some(draw, parties) or parties[:1]
    share = {
        "id": f"share-{number}",
        "from": senders,
        "to": draw(_recipients(event_type, parties, document["groups"])),
        "event": event_type,
        "when": draw(st.just([]) | _whens(event_type, document["never_send"])),
        "send": some(draw, plain + sets, thin=True)
        + draw(_coarsened([leaf for leaf in known if not leaf.sealed])),
        "sealed": some(draw, sealed, thin=True)
        + draw(_coarsened([leaf for leaf in known if leaf.sealed])),
        "law": draw(st.sampled_from(["law-a", "law-a", "law-b"])),
        "requires": draw(st.just([]) | _third(parties)),
        "because": "A test needs it.",
    }
    return tells_sealed(share)


def _third(parties: list[str]) -> SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(parties), min_size=1, max_size=2, unique=True)


@st.composite
def _recipients(
    draw: DrawFn, event_type: str, parties: list[str], groups: dict[str, list[str]]
) -> list[Any]:
    """Agencies and groups, or members of groups whom a field of the event picks, or all of it."""
    named = [*parties, "@some-parties"]
    outright: list[Any] = list(some(draw, named, thin=True))
    kinds = [name.removeprefix("with-") for name in groups if name.startswith("with-")]
    picked = draw(st.lists(_by_identifier(event_type, kinds), max_size=2))
    return draw(st.sampled_from([outright, outright + picked, picked])) or named[-1:]


@st.composite
def _by_identifier(draw: DrawFn, event_type: str, kinds: list[str]) -> Plain:
    whose = draw(st.sampled_from(kinds))
    scalars = [leaf for leaf in _TESTABLE[event_type] if not leaf.many]
    texts = [leaf.path for leaf in scalars if leaf.kind is Kind.TEXT]
    telling = [path for path in texts if path.endswith((whose, "district", "name"))]
    return {
        "group": f"with-{whose}",
        "whose": whose,
        "is": draw(st.sampled_from(telling or texts) | st.sampled_from(texts)),
    }


@st.composite
def _coarsened(draw: DrawFn, known: list[Leaf]) -> list[Plain]:
    """Up to three fields, each in one of the ways in which less of it may be sent."""
    if not known:
        return []
    chosen = draw(st.lists(st.sampled_from(known), max_size=3, unique_by=lambda leaf: leaf.path))
    return [
        {"field": leaf.path, "as": draw(st.sampled_from(ways_to_coarsen(leaf)))} for leaf in chosen
    ]


def ways_to_coarsen(leaf: Leaf) -> list[str]:
    """The coarsenings that the language has for a field."""
    if leaf.many:
        return ["present"]
    if leaf.kind in (Kind.DAY, Kind.INSTANT):
        return ["present", "year", "month"]
    return ["present", "outward-code"] if leaf.pattern == POSTCODE else ["present"]
