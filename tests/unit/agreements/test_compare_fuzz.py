"""Thousands of random pairs of agreements, each compared by enumerating every event by hand."""

import json
import random
from collections import Counter
from typing import Any

from concordat.agreements.comparison.change import Change
from concordat.agreements.comparison.compare import compare
from concordat.agreements.comparison.keeps import keeps
from concordat.agreements.comparison.reach import Ends
from drawn_pairs import (
    AGENCIES,
    DEFAULTS,
    EVENT,
    VALUES,
    PersonSeen,
    Plain,
    document_of,
    draw_pair,
    tops_of,
)
from enumerated_events import events_of, grants_of, holds, names_of, reached_by, verdict_of

PAIRS = 3_000
FINER = {
    "day as year": ["day", "day as month"],
    "day as month": ["day"],
    "day as present": ["day", "day as year", "day as month"],
}


class _Case:
    """One pair, enumerated, and as it was compared."""

    def __init__(self, old: Plain, new: Plain) -> None:
        self.plain = old, new
        self.events = events_of(tops_of(old, new))
        asked = any(share["requires"] for each in self.plain for share in each["shares"])
        signed = (False, True) if asked else (True,)
        self.old, self.new = (grants_of(each, self.events, signed) for each in self.plain)
        self.documents = document_of(old), document_of(new)
        found = compare(*self.documents, {EVENT: PersonSeen}, AGENCIES)
        self.rows = {
            (row.ends.publisher, row.ends.recipient, row.field): row for row in found.changes
        }
        assert len(self.rows) == len(found.changes)

    def check(self, count: Counter[str]) -> None:
        assert self.rows.keys() == {*self.old, *self.new}
        for key, row in self.rows.items():
            old, new = self.old.get(key, set()), self.new.get(key, set())
            assert row.verdict == verdict_of(old, new), (key, self.plain)
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
        old, new = (grants_of(each, [event], signed) for each in self.plain)
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
            and all(holds(condition, each) for share in shares for condition in share["when"])
            and all(recipient in reached_by(old, share, each) for share in shares)
        ]
        names = {name for share in shares for name in names_of(old, share)}
        granted = grants_of(new, held, (bool(signed),))
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
        case = _Case(*draw_pair(draw))
        case.check(count)
        case.check_keeping(draw, count)
        count["pairs with a gain"] += count["NEW"] + count["WIDER"] > before
    # What never came up would be shown by nothing.
    assert PAIRS / 3 < count["pairs with a gain"] < PAIRS * 0.9, count
    assert min(count[each] for each in ("NEW", "WIDER", "NARROWER", "GONE", "SAME")) > 900, count
    assert count["both"] > 200, count
    assert count["kept True"] > 400, count
    assert count["kept False"] > 400, count
