"""Shares for the generator: conditions, recipients, fields; every form of the language."""

from random import Random
from typing import Any

from concordat_events.catalogue import CATALOGUE
from concordat_events.leaves import Kind, Leaf, leaves
from event_strategies import Plain
from generated_events import POOLS
from share_strategies import SETS, tells_sealed, ways_to_coarsen

_TESTABLE = {
    name: [leaf for leaf in leaves(model).values() if "[]" not in leaf.path]
    for name, model in CATALOGUE.items()
}
_RARE = {
    name: [leaf for leaf in known if leaf.many or leaf.kind in (Kind.INTEGER, Kind.NUMBER)] or known
    for name, known in _TESTABLE.items()
}
_TEXTS = {
    name: [leaf.path for leaf in known if leaf.kind is Kind.TEXT and not leaf.many]
    for name, known in _TESTABLE.items()
}
_TELLING = {
    name: [path for path in paths if path.endswith(("urn", "ods", "gss", "district", "name"))]
    or paths
    for name, paths in _TEXTS.items()
}


def share_of(draw: Random, number: int, event_type: str, document: Plain) -> Plain:
    """A valid share of `document`, which has its parties, groups and sets already."""
    parties = list(document["parties"])
    known = [
        leaf
        for path, leaf in leaves(CATALOGUE[event_type]).items()
        if path not in document["never_send"]
    ]
    sets = [f"@{SETS[event_type]}"] if SETS[event_type] in document["field_sets"] else []
    sealed = [leaf for leaf in known if leaf.sealed]
    plain = [leaf for leaf in known if not leaf.sealed]
    whole: list[Any] = _few(draw, [leaf.path for leaf in plain], 6)
    share = {
        "id": f"share-{number}",
        "from": draw.sample(parties, 2),
        "to": _recipients(draw, event_type, parties, document["groups"]),
        "event": event_type,
        "when": _whens(draw, event_type, document["never_send"]),
        "send": whole + (sets if draw.random() < 0.4 else []) + _less(draw, plain),
        "sealed": _few(draw, [leaf.path for leaf in sealed], 2) + _less(draw, sealed),
        "law": draw.choice(["law-a", "law-a", "law-b"]),
        "requires": draw.sample(parties, 1) if draw.random() < 0.25 else [],
        "because": "A test needs it.",
        **({"collect_within_hours": draw.choice([4, 24])} if draw.random() < 0.5 else {}),
    }
    return tells_sealed(share)


def edited(draw: Random, share: Plain, document: Plain) -> Plain:
    """The share with one part of it drawn anew, made wider or made narrower."""
    other = share_of(draw, 0, share["event"], document)
    part = draw.choice(["to", "to", "when", "when", "send", "requires", "law"])
    if part == "when" and share["when"]:
        return {**share, "when": share["when"][1:]}
    if part == "to":
        more = [item for item in other["to"] if item not in share["to"]]
        return {**share, "to": draw.choice([share["to"] + more, share["to"][:1]])}
    return tells_sealed({**share, part: other[part]})


def _few(draw: Random, items: list[str], most: int) -> list[Any]:
    return draw.sample(items, min(len(items), draw.randint(0, most)))


def _less(draw: Random, known: list[Leaf]) -> list[Plain]:
    """Up to two fields, each in one of the ways in which less of it may be sent."""
    chosen = draw.sample(known, min(len(known), draw.choice([0, 1, 2])))
    return [{"field": leaf.path, "as": draw.choice(ways_to_coarsen(leaf))} for leaf in chosen]


def _whens(draw: Random, event_type: str, never: list[str]) -> list[Plain]:
    """Up to two conditions, of two fields: two of one field could contradict each other."""
    conditions = [_condition(draw, event_type) for _ in range(draw.choice([0, 0, 0, 1, 1, 2]))]
    allowed = {each["field"]: each for each in conditions if each["field"] not in never}
    return list(allowed.values())


def _condition(draw: Random, event_type: str) -> Plain:
    leaf = draw.choice((_TESTABLE if draw.random() < 0.6 else _RARE)[event_type])
    pool = POOLS[event_type][leaf.path]
    tests = ["present", "includes"] if leaf.many else ["present", "is", "in", "in"]
    if leaf.kind in (Kind.INTEGER, Kind.NUMBER):
        tests = ["at_least", "less_than", "at_least", "less_than", "is", "in", "present"]
    test = draw.choice(tests)
    if test == "present":
        return {"field": leaf.path, "present": True}
    if test == "in":
        return {"field": leaf.path, "in": draw.sample(pool, min(len(pool), draw.randint(1, 3)))}
    if test == "less_than":
        pool = [each for each in pool if each > min(pool)]  # below the least is nothing
    return {"field": leaf.path, test: draw.choice(pool)}


def _recipients(
    draw: Random, event_type: str, parties: list[str], groups: dict[str, list[str]]
) -> list[Any]:
    """Agencies and groups, or members of groups whom a field of the event picks, or all of it."""
    outright: list[Any] = draw.sample([*parties, "@some-parties"], draw.randint(1, 2))
    kinds = [name.removeprefix("with-") for name in groups if name.startswith("with-")]
    if not kinds or not _TEXTS[event_type] or draw.random() < 0.75:
        return outright
    picked = [_by_identifier(draw, event_type, kinds) for _ in range(draw.choice([1, 1, 2]))]
    return picked + outright[:1] if draw.random() < 0.3 else picked


def _by_identifier(draw: Random, event_type: str, kinds: list[str]) -> Plain:
    whose = draw.choice(kinds)
    fields = (_TELLING if draw.random() < 0.8 else _TEXTS)[event_type]
    return {"group": f"with-{whose}", "whose": whose, "is": draw.choice(fields)}
