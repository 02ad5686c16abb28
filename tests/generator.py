"""A fast, seeded source of situations: registers in the whole language, and events they concern.

Plain values, for the naive evaluator and the exchange alike. A situation is known by its seed and
its number, and is the same again each time.
"""

from datetime import timedelta
from random import Random
from typing import Any

from concordat_events.catalogue import CATALOGUE
from concordat_events.leaves import leaves
from event_strategies import AGENCIES, CONTROLLERS, IDENTIFIERS, Plain
from generated_events import TYPES, event_of
from generated_notices import notices_on
from generated_shares import edited, share_of
from naive_register import PlainRegister
from share_strategies import SETS
from strategies import LAWS, MOMENTS, Situation

EVENTS = 100
VERSIONS = [(1,), (1,), (1, 2), (1, 2), (3, 1)]


def situation_of(seed: int, number: int, *, sound: bool = True) -> Situation:
    """One to three agreements in one or two versions, signed and stopped by some, and events.

    Not `sound`: some agreements send what they say is never sent. None such is ever registered.
    """
    draw = Random(f"{seed}-{number}")
    now, day = draw.choice(MOMENTS)
    types = draw.sample(TYPES, draw.choice([1, 1, 2]))
    documents: list[Plain] = []
    for name in ("first", "second", "third")[: draw.choice([1, 2, 2, 3])]:
        first, *later = draw.choice(VERSIONS)
        documents.append(_agreement(draw, name, first, day, types))
        documents += [_changed(draw, documents[-1], version, day) for version in later]
    if not sound:
        for document in documents:
            also = _sent_all_the_same(draw, document)
            document["never_send"] = document["never_send"] + also
    signatures = {
        (document["id"], document["version"], controller)
        for document in documents
        for controller in sorted({CONTROLLERS[agency] for agency in document["parties"]})
        if draw.random() < (0.8 if controller in _required(document) else 0.95)
    }
    register = PlainRegister(
        documents,
        signatures,
        notices_on(draw, documents),
        CONTROLLERS,
        IDENTIFIERS,
        frozenset({"first"} if draw.random() < 0.03 else ()),
    )
    shares = [share for document in documents for share in document["shares"]]
    events = [_event_for(draw, n, draw.choice(shares)) for n in range(EVENTS)]
    return Situation(register, events, now, day)


def _required(document: Plain) -> set[str]:
    """The controllers of third parties: they leave a signature out more often than others."""
    return {CONTROLLERS[third] for share in document["shares"] for third in share["requires"]}


def _sent_all_the_same(draw: Random, document: Plain) -> list[str]:
    sent = {
        item["field"] if isinstance(item, dict) else item
        for share in document["shares"]
        for item in share["send"] + share["sealed"]
    }
    paths = sorted(path for path in sent if not path.startswith("@"))
    return draw.sample(paths, 1) if paths and draw.random() < 0.2 else []


def _event_for(draw: Random, number: int, share: Plain) -> Plain:
    denied = ",".join(draw.sample(AGENCIES, 2)) if draw.random() < 0.08 else ""
    return event_of(draw, number, share["event"], draw.choice(share["from"]), denied)


def _agreement(draw: Random, name: str, version: int, day: Any, types: list[str]) -> Plain:
    """A valid agreement, usually in force on `day`."""
    parties = [agency for agency in AGENCIES if draw.random() < 0.95]
    parties = parties if len(parties) > 1 else list(AGENCIES)
    named = [draw.choice(types) for _ in range(draw.randint(1, 4))]
    paths = sorted({path for each in named for path in leaves(CATALOGUE[each])})
    document: Plain = {
        "schema": "concordat/agreement/v1",
        "id": name,
        "version": version,
        "service_line": "domestic-abuse",
        "title": "A generated agreement",
        "purpose": f"Show what {name} does.",
        **_dates(draw, day),
        "operator": "council",
        "parties": {agency: _party(draw) for agency in parties},
        "groups": _groups(draw, parties),
        "laws": LAWS,
        "never_send": draw.sample(paths, draw.choice([0, 0, 2])),
    }
    document["field_sets"] = dict(_sets(draw, sorted(set(named)), document["never_send"]))
    document["shares"] = [share_of(draw, n, each, document) for n, each in enumerate(named)]
    return document


def _changed(draw: Random, document: Plain, version: int, day: Any) -> Plain:
    """Another version of it: some shares edited, some left out, perhaps one more."""
    kept = [
        edited(draw, share, document) if draw.random() < 0.5 else share
        for share in document["shares"]
        if draw.random() < 0.9
    ]
    if not kept or draw.random() < 0.4:
        event_type = draw.choice(document["shares"])["event"]
        kept.append(share_of(draw, 0, event_type, document))
    shares = [{**share, "id": f"share-{n}"} for n, share in enumerate(kept)]
    types = {share["event"] for share in shares}
    known = {path for each in types for path in leaves(CATALOGUE[each])}
    sets = {SETS[each]: document["field_sets"].get(SETS[each]) for each in sorted(types)}
    return {
        **document,
        "version": version,
        **_dates(draw, day),
        "shares": shares,
        "never_send": [path for path in document["never_send"] if path in known],
        "field_sets": {name: paths for name, paths in sets.items() if paths},
    }


def _dates(draw: Random, day: Any) -> Plain:
    """Usually in force on `day`, else from the day after or until the day before."""
    start = day + timedelta(1 if draw.random() < 0.05 else -draw.randrange(40))
    end = max(start, day + timedelta(-1 if draw.random() < 0.05 else draw.randrange(40)))
    return {
        "effective": {"from": start.isoformat(), "until": end.isoformat()},
        "review_by": end.isoformat(),
        "dpia": {"ref": "DPIA-1", "approved": start.isoformat()},
    }


def _party(draw: Random) -> Plain:
    return {
        "acts_as": "joint-controller" if draw.random() < 0.25 else "controller",
        "keep_days": draw.choice([30, 365]),
        "onward": draw.choice(["none", "ask", "allowed"]),
    }


def _groups(draw: Random, parties: list[str]) -> dict[str, list[str]]:
    """Some parties; and for each kind of identifier, those that have one."""
    groups = {"some-parties": draw.sample(parties, draw.randint(1, len(parties)))}
    for whose in ("urn", "ods", "gss"):
        if members := [name for name in parties if whose in IDENTIFIERS.get(name, {})]:
            groups[f"with-{whose}"] = members
    return groups


def _sets(draw: Random, types: list[str], never: list[str]) -> Any:
    for event_type in types:
        known = leaves(CATALOGUE[event_type]).values()
        paths = [leaf.path for leaf in known if not leaf.sealed and leaf.path not in never]
        if paths:
            yield SETS[event_type], draw.sample(paths, draw.randint(1, min(4, len(paths))))
