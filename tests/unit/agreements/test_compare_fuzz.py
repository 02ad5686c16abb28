"""Thousands of random pairs of agreements, each compared by enumerating every event by hand.

The enumeration shares no code with what it checks: it reads the agreements as people wrote them,
and decides on plain events.
"""

import json
import math
import random
from collections import Counter
from itertools import product
from typing import Annotated, Any, Literal

from pydantic import Field

from concordat.agreements.change import Change
from concordat.agreements.compare import compare
from concordat.agreements.document import Agreement
from concordat.agreements.keeps import keeps
from concordat.agreements.parties import Agency
from concordat.agreements.reach import Ends
from concordat_events.fields import Code, Data, Day, Line, N, Ref

Plain = dict[str, Any]
Grants = dict[tuple[str, str, str | None], set[tuple[int, bool]]]

PAIRS = 3_000
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
FINER = {
    "day as year": ["day", "day as month"],
    "day as month": ["day"],
    "day as present": ["day", "day as year", "day as month"],
}
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


# Drawing -----------------------------------------------------------------------------------------


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


def _pair(draw: random.Random) -> tuple[Plain, Plain]:
    fields = draw.sample(FIELDS, draw.choice([1, 1, 2, 2, 3]))
    old = _agreement(draw, fields)
    fresh = draw.random() < 0.3
    new = _agreement(draw, fields) if fresh else _changed(draw, old, fields)
    few = math.prod(len(VALUES[top]) for top in _tops(old, new)) <= MOST_EVENTS
    return (old, new) if few else _pair(draw)


# Enumerating -------------------------------------------------------------------------------------


def _tops(*agreements: Plain) -> list[str]:
    """The top-level keys that any condition looks at."""
    found: set[str] = set()
    for agreement in agreements:
        for share in agreement["shares"]:
            found.update(each["field"].split(".")[0] for each in share["when"])
            found.update(each["is"] for each in share["to"] if isinstance(each, dict))
    return sorted(found)


def _events(tops: list[str]) -> list[Plain]:
    everything = []
    for values in product(*(VALUES[top] for top in tops)):
        chosen = dict(zip(tops, values, strict=True))
        everything.append({top: value for top, value in chosen.items() if value != "-"})
    return everything


def _holds(condition: Plain, event: Plain) -> bool:
    value: Any = event
    for step in condition["field"].split("."):
        value = value[step] if value is not None and step in value else None
    if value is None:
        return False
    if "present" in condition:
        return True
    if "is" in condition:
        return bool(value == condition["is"])
    if "in" in condition:
        return value in condition["in"]
    if "at_least" in condition:
        return bool(condition["at_least"] <= value)
    if "less_than" in condition:
        return bool(condition["less_than"] > value)
    return condition["includes"] in value


def _names(agreement: Plain, share: Plain) -> set[str | None]:
    names: set[str | None] = {None}
    for item in share["send"]:
        if isinstance(item, dict):
            names.add(f"{item['field']} as {item['as']}")
        elif item == "@set":
            names.update(agreement["field_sets"]["set"])
        else:
            names.add(item)
    return names - set(agreement["never_send"])


def _reached(agreement: Plain, share: Plain, event: Plain) -> set[str]:
    found: set[str] = set()
    for item in share["to"]:
        if isinstance(item, dict):
            members = agreement["groups"][item["group"]]
            site = event.get(item["is"])
            found.update(each for each in members if site is not None and URNS.get(each) == site)
        elif item.startswith("@"):
            found.update(agreement["groups"][item[1:]])
        else:
            found.add(item)
    return found


def _grants(agreement: Plain, events: list[Plain], signed: tuple[bool, ...]) -> Grants:
    """For whom and what: the events, and whether the third party had signed."""
    found: Grants = {}
    for share in agreement["shares"]:
        enough = [each for each in signed if each or not share["requires"]]
        reached: dict[str, set[tuple[int, bool]]] = {}
        for number, event in enumerate(events):
            if all(_holds(each, event) for each in share["when"]):
                for recipient in _reached(agreement, share, event):
                    points = reached.setdefault(recipient, set())
                    points.update((number, each) for each in enough)
        for recipient, points in reached.items():
            for publisher in set(share["from"]) - {recipient}:
                for name in _names(agreement, share):
                    found.setdefault((publisher, recipient, name), set()).update(points)
    return found


def _expected(old: set[Any], new: set[Any]) -> str:
    if not old:
        return "NEW"
    if not new:
        return "GONE"
    if new - old:
        return "WIDER"
    return "NARROWER" if old - new else "SAME"


# Comparing ---------------------------------------------------------------------------------------


class _Case:
    """One pair, enumerated, and as it was compared."""

    def __init__(self, old: Plain, new: Plain) -> None:
        self.plain = old, new
        self.events = _events(_tops(old, new))
        asked = any(share["requires"] for each in self.plain for share in each["shares"])
        signed = (False, True) if asked else (True,)
        self.old, self.new = (_grants(each, self.events, signed) for each in self.plain)
        self.documents = _document(old), _document(new)
        found = compare(*self.documents, {EVENT: PersonSeen}, AGENCIES)
        self.rows = {
            (row.ends.publisher, row.ends.recipient, row.field): row for row in found.changes
        }
        assert len(self.rows) == len(found.changes)

    def check(self, count: Counter[str]) -> None:
        assert self.rows.keys() == {*self.old, *self.new}
        for key, row in self.rows.items():
            old, new = self.old.get(key, set()), self.new.get(key, set())
            assert row.verdict == _expected(old, new), (key, self.plain)
            count[row.verdict] += 1
            if row.verdict == "WIDER":
                assert row.also_narrower is bool(old - new), (key, self.plain)
            self._check_part_of(key, row, new)
            if row.gained:
                self._check_example(key, row.gained.values, row.gained.unsigned, gained=True)
            if row.lost:
                self._check_example(key, row.lost.values, row.lost.unsigned, gained=False)
            assert bool(row.gained) is (row.verdict == "WIDER")
            assert bool(row.lost) is (row.verdict == "NARROWER" or bool(row.also_narrower))
            count["both"] += bool(row.gained and row.lost)

    def _check_part_of(self, key: Any, row: Change, new: set[Any]) -> None:
        finer = [each for each in FINER.get(key[2], []) if self.old.get((*key[:2], each))]
        had = set(self.old.get(key, set()))
        for each in finer:
            had |= self.old[*key[:2], each]
        implied = row.verdict in ("NEW", "WIDER") and bool(finer) and new <= had
        assert set(row.part_of) == (set(finer) if implied else set()), (key, self.plain)

    def _check_example(self, key: Any, values: Any, unsigned: Any, *, gained: bool) -> None:
        event: Plain = json.loads(json.dumps(DEFAULTS))
        for path, value in values.items():
            top, _, inner = path.partition(".")
            if inner:
                event[top][inner] = value
            else:
                event[top] = value
        if event["person"].get("ref") is None:
            del event["person"]
        signed = (not unsigned,)
        old, new = (_grants(each, [event], signed) for each in self.plain)
        sent = bool(new.get(key)), bool(old.get(key))
        assert sent == (gained, not gained), (key, values, self.plain)

    def check_keeping(self, draw: random.Random, count: Counter[str]) -> None:
        """Some delivery under the old agreement: is all of it certainly sent under the new one?"""
        old, new = self.plain
        recipient = draw.choice(["alpha", "beta"])
        shares = [each for each in old["shares"] if draw.random() < 0.6]
        signed = {"third"} if draw.random() < 0.7 else set[str]()
        held = [
            each
            for each in self.events
            if shares
            and all("police" in share["from"] for share in shares)
            and all(_holds(condition, each) for share in shares for condition in share["when"])
            and all(recipient in _reached(old, share, each) for share in shares)
        ]
        names = {name for share in shares for name in _names(old, share)}
        granted = _grants(new, held, (bool(signed),))
        truth = bool(held) and all(
            len(granted.get(("police", recipient, name), set())) == len(held) for name in names
        )
        told = keeps(
            *self.documents,
            [share["id"] for share in shares],
            Ends(EVENT, "police", recipient),
            {EVENT: PersonSeen},
            AGENCIES,
            signed=signed,
        )
        assert told is truth, (shares, recipient, self.plain)
        count[f"kept {told}"] += 1


def _document(plain: Plain) -> Agreement:
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


def test_what_is_enumerated_is_what_an_event_can_hold() -> None:
    for top, values in VALUES.items():
        for value in values:
            event = {**DEFAULTS, **({} if value == "-" else {top: value})}
            PersonSeen.model_validate_json(json.dumps(event))


def test_no_gain_is_missed_and_none_invented() -> None:
    draw = random.Random(4)
    count: Counter[str] = Counter()
    for _ in range(PAIRS):
        before = count["NEW"] + count["WIDER"]
        case = _Case(*_pair(draw))
        case.check(count)
        case.check_keeping(draw, count)
        count["pairs with a gain"] += count["NEW"] + count["WIDER"] > before
    # What never came up would be shown by nothing.
    assert PAIRS / 3 < count["pairs with a gain"] < PAIRS * 0.9, count
    assert min(count[each] for each in ("NEW", "WIDER", "NARROWER", "GONE", "SAME")) > 900, count
    assert count["both"] > 200, count
    assert count["kept True"] > 400, count
    assert count["kept False"] > 400, count
