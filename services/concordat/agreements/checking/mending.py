"""A document with faults of shape, mended as far as it takes to look for its other faults.

What is mended serves for nothing but finding faults: all of them are told in one reading.
"""

import copy
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from concordat.agreements.checking.world import Place
from concordat.agreements.law import BASES

_DATED = {
    "effective": {"from": "2000-01-01", "until": "2999-12-31"},
    "review_by": "2000-01-01",
    "dpia": {"ref": "placeholder", "approved": "2000-01-01"},
}
_TOP = _DATED | {
    "schema": "concordat/agreement/v1",
    "id": "placeholder",
    "version": 1,
    "service_line": "placeholder",
    "title": "placeholder",
    "purpose": "placeholder",
    "operator": "placeholder",
}
_BASIS = list(BASES)
_NAMED = {
    "parties": {"acts_as": "controller", "keep_days": 1},
    "laws": {"gateway": "common-law", "publisher_basis": _BASIS, "recipient_basis": _BASIS},
}
_SHARE = {"id": "placeholder", "because": "placeholder"}
_NEEDED_BY_A_SHARE = ("from", "to", "event", "send", "law")


@dataclass(slots=True)
class Mended:
    """The mended data, where it differs, and which list items were taken out."""

    data: Any
    places: set[Place] = field(default_factory=set)
    removed: set[Place] = field(default_factory=set)
    taken: set[Place] = field(default_factory=set)  # in this round, as the data stood before it

    def follows(self, fault: Place) -> bool:
        """Whether a fault at `fault` (as it stood) may only be there because of the mending."""
        if fault[2:3] == ("reveals",):
            return any(place[:2] == fault[:2] for place in self.places)
        if fault[0] in _DATED:
            return any(place[0] in _DATED for place in self.places)
        if fault[0] in ("never_send", "field_sets"):
            return any(place[0] in ("shares", fault[0]) for place in self.places)
        return any(_touch(place, fault) for place in self.places)

    def original(self, path: Place) -> Place:
        """Where `path` stood before list items were taken out."""
        found: Place = ()
        for step in path:
            if isinstance(step, int):
                gone = sorted(
                    place[-1]
                    for place in self.removed
                    if place[:-1] == found and isinstance(place[-1], int)
                )
                for index in gone:
                    step += index <= step  # noqa: PLW2901 - it moves past each one taken out
            found = (*found, step)
        return found


def mend(mended: Mended, faults: Iterable[tuple[Place, str]]) -> bool:
    """Take the faults (place, and pydantic's type) out of a copy of the data; False: too much."""
    mended.data = copy.deepcopy(mended.data)
    mended.taken.clear()
    # The last first: taking an item out moves those behind it.
    ordered = sorted(set(faults), key=lambda fault: _order(fault[0]), reverse=True)
    return all(_mend_at(mended, place, kind) for place, kind in ordered)


def _mend_at(mended: Mended, place: Place, kind: str) -> bool:
    data = mended.data
    if not place or not isinstance(data, dict):
        return False
    if any(place[:end] in mended.taken for end in range(1, len(place))):
        return True  # it went with what held it
    mended.places.add(mended.original(place))
    top, *below = place
    if kind == "extra_forbidden":
        _at(data, place[:-1]).pop(place[-1], None)
    elif top in _TOP:
        data[top] = copy.deepcopy(_TOP[str(top)])
    elif top in _NAMED and below and isinstance(data.get(top), dict):
        data[top][below[0]] = copy.deepcopy(_NAMED[str(top)])
    elif top == "shares" and below and isinstance(data.get(top), list):
        _mend_share(mended, place)
    elif top in ("undertakings", "never_send"):
        data.pop(top, None)
    else:
        return False
    return True


def _mend_share(mended: Mended, place: Place) -> None:
    share_place = place[:2]
    if share_place in mended.taken or place[:4] in mended.taken:
        return
    share = _at(mended.data, share_place)
    key = place[2] if len(place) > 2 else None
    if not isinstance(share, dict) or key is None:
        _take_out(mended, share_place)
    elif key in _SHARE:
        share[key] = _SHARE[str(key)]
    elif len(place) > 3 and isinstance(share.get(key), list) and len(share[key]) > 1:
        _take_out(mended, place[:4])
    elif key in _NEEDED_BY_A_SHARE:
        _take_out(mended, share_place)
    else:
        share.pop(key, None)


def _take_out(mended: Mended, place: Place) -> None:
    if place in mended.taken:
        return
    mended.taken.add(place)
    gone = mended.original(place)
    mended.removed.add(gone)
    mended.places.add(gone)
    _at(mended.data, place[:-1]).pop(place[-1])


def _at(data: Any, way: Place) -> Any:
    for step in way:
        data = data[step] if not isinstance(step, int) or step < len(data) else None
    return data


def _touch(place: Place, fault: Place) -> bool:
    short = min(len(place), len(fault))
    return place[:short] == fault[:short]


def _order(place: Place) -> tuple[tuple[int, str], ...]:
    return tuple((step, "") if isinstance(step, int) else (-1, str(step)) for step in place)
