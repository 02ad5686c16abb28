"""Small agreements drawn in pairs, over one event type with one field of every sort."""

import json
import math
import random
from typing import Annotated, Any, Literal

from pydantic import Field

from concordat.agreements.document import Agreement
from concordat.agreements.parties import Agency
from concordat_events.fields import Code, Data, Day, Line, N, Ref

Plain = dict[str, Any]

MOST_EVENTS = 240  # of one pair
EVENT = "test.person-seen.v1"


class Person(Data):
    """Its ref stands wherever it stands."""

    ref: Annotated[Ref, N]
    sure: Annotated[bool | None, N] = None


class PersonSeen(Data):
    """An event with one field of every sort."""

    grade: Annotated[Literal["low", "high", "top"], N]
    tool: Annotated[Literal["x", "y"] | None, N] = None
    count: Annotated[int | None, Field(ge=0, le=3), N] = None
    share: Annotated[float | None, Field(ge=-1, le=1), N] = None
    free: Annotated[int | None, N] = None
    certain: Annotated[bool, N]
    tags: Annotated[list[Code] | None, N] = None
    site: Annotated[Line | None, N] = None
    person: Person | None = None
    day: Annotated[Day | None, N] = None


_REFS = ("person-0001", "person-0002", "person-0003")
# Every value that a condition could tell from another, by top-level key; "-" is a missing one.
VALUES: dict[str, list[Any]] = {
    "grade": ["low", "high", "top"],
    "tool": ["-", "x", "y"],
    "count": ["-", 0, 1, 2, 3],
    "share": ["-", -1.0, -0.5, 0.0, 0.5, 1.0],
    "free": ["-", -2, -1, 0, 1, 2, 3],
    "certain": [True, False],
    "tags": ["-", [], ["a"], ["b"], ["a", "b"], ["other"], ["a", "other"]],
    "site": ["-", "100001", "100002", "999999"],
    "person": [
        "-",
        *({"ref": ref} for ref in _REFS),
        *({"ref": ref, "sure": sure} for ref in _REFS for sure in (True, False)),
    ],
    "day": ["-", "2026-01-01", "2026-01-02", "2026-01-03"],
}
OPERANDS: dict[str, list[Any]] = {
    "grade": ["low", "high", "top"],
    "tool": ["x", "y"],
    "count": [-1, 0, 1, 3, 4],  # with a gap
    "share": [-1.5, -1, 0, 1, 1.5],
    "free": [-1, 0, 2],
    "certain": [True, False],
    "site": ["100001", "100002"],
    "person.ref": ["person-0001", "person-0002"],
    "person.sure": [True, False],
    "day": ["2026-01-01", "2026-01-02"],
}
ORDERED = {"count", "share", "free"}
FIELDS = ["grade", "tool", "count", "count", "share", "free", "certain", "tags", "tags", "site"]
FIELDS += ["person.ref", "person.sure", "day"]
DEFAULTS = {"grade": "low", "certain": True, "person": {"ref": "person-0003"}}

SENDS: list[Any] = ["grade", "count", "day", "@set", {"field": "day", "as": "year"}]
SENDS += [{"field": "day", "as": "month"}, {"field": "day", "as": "present"}]
URNS = {"alpha": "100001", "beta": "100002"}
RECIPIENTS: list[Any] = ["alpha", "alpha", "beta", "@pair", "gamma"]
RECIPIENTS += [{"group": "three", "whose": "urn", "is": "site"}]
AGENCIES = {
    name: Agency.model_validate(
        {
            "schema": "concordat/agency/v1",
            "id": name,
            "name": name,
            "controller": f"{name}-board",
            "identifiers": {"urn": URNS[name]} if name in URNS else None,
        }
    )
    for name in ("police", "alpha", "beta", "gamma", "third")
}


def _condition(draw: random.Random, fields: list[str]) -> Plain:
    field = draw.choice(fields)
    if field == "tags":
        if draw.random() < 0.3:
            return {"field": field, "present": True}
        return {"field": field, "includes": draw.choice("ab")}
    tests = ["present", "is", "is", "in"] + ["at_least", "less_than"] * 2 * (field in ORDERED)
    test = draw.choice(tests)
    if test == "present":
        return {"field": field, "present": True}
    if test == "in":
        return {"field": field, "in": draw.choices(OPERANDS[field], k=draw.randint(1, 3))}
    return {"field": field, test: draw.choice(OPERANDS[field])}


def _share(draw: random.Random, number: int, fields: list[str]) -> Plain:
    return {
        "id": f"share-{number}",
        "from": ["police"] if draw.random() < 0.9 else ["police", "alpha"],
        "to": draw.sample(RECIPIENTS, draw.choice([1, 1, 2])),
        "event": EVENT,
        "when": [_condition(draw, fields) for _ in range(draw.choice([0, 1, 1, 2, 2, 3]))],
        "send": draw.sample(SENDS, draw.choice([0, 1, 2, 2])),
        "law": draw.choice(["protect", "support"]),
        "requires": ["third"] if draw.random() < 0.08 else [],
        "because": "A test needs it.",
    }


def _agreement(draw: random.Random, fields: list[str]) -> Plain:
    return {
        "groups": {"pair": ["alpha", "beta"], "three": ["alpha", "beta", "gamma"]},
        "field_sets": {"set": ["tool", "free"]},
        "never_send": ["free"] if draw.random() < 0.1 else [],
        "shares": [_share(draw, n, fields) for n in range(draw.choice([1, 1, 2, 3]))],
    }


def _changed(draw: random.Random, old: Plain, fields: list[str]) -> Plain:
    """A few small changes: what people do to an agreement."""
    new: Plain = json.loads(json.dumps(old))
    for _ in range(draw.choice([0, 1, 1, 2])):
        share = draw.choice(new["shares"])
        change = draw.randrange(6)
        if change == 0:
            share["when"].append(_condition(draw, fields))
        elif change == 1 and share["when"]:
            share["when"].pop(draw.randrange(len(share["when"])))
        elif change == 2 and share["when"]:
            share["when"][draw.randrange(len(share["when"]))] = _condition(draw, fields)
        elif change == 3:  # the same in two shares: a condition and what it leaves out
            other = {**json.loads(json.dumps(share)), "id": f"share-{len(new['shares'])}"}
            other["when"].append(_condition(draw, fields))
            new["shares"].append(other)
        elif change == 4:
            share["send"] = draw.sample(SENDS, draw.choice([1, 2]))
        elif change == 5:
            share["to"] = draw.sample(RECIPIENTS, draw.choice([1, 2]))
    return new


def draw_pair(draw: random.Random) -> tuple[Plain, Plain]:
    fields = draw.sample(FIELDS, draw.choice([1, 1, 2, 2, 3]))
    old = _agreement(draw, fields)
    fresh = draw.random() < 0.3
    new = _agreement(draw, fields) if fresh else _changed(draw, old, fields)
    few = math.prod(len(VALUES[top]) for top in tops_of(old, new)) <= MOST_EVENTS
    return (old, new) if few else draw_pair(draw)


def tops_of(*agreements: Plain) -> list[str]:
    """The top-level keys that any condition looks at."""
    found: set[str] = set()
    for agreement in agreements:
        for share in agreement["shares"]:
            found.update(each["field"].split(".")[0] for each in share["when"])
            found.update(each["is"] for each in share["to"] if isinstance(each, dict))
    return sorted(found)


def document_of(plain: Plain) -> Agreement:
    law = {"gateway": "ca2004-s11", "publisher_basis": ["gdpr-6-1-e"]}
    law["recipient_basis"] = ["gdpr-6-1-e"]
    content = {
        "schema": "concordat/agreement/v1",
        "id": "test-agreement",
        "version": 1,
        "service_line": "domestic-abuse",
        "title": "A drawn agreement",
        "purpose": "Show what an agreement does.",
        "effective": {"from": "2026-01-01", "until": "2027-12-31"},
        "review_by": "2027-06-30",
        "dpia": {"ref": "DPIA-1", "approved": "2025-11-30"},
        "operator": "third-board",
        "parties": {name: {"acts_as": "controller", "keep_days": 30} for name in AGENCIES},
        "laws": {"protect": law, "support": law},
        **plain,
    }
    return Agreement.model_validate_json(json.dumps(content))
