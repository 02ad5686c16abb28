"""What attacks are made of: agreements on incidents, hostile mutations, and what gets through."""

import copy
import json
from collections.abc import Iterator
from random import Random
from typing import Any

import msgspec

from builders import NOW, Exchange, agreement_of, share_of
from concordat.agreements.checking.checks import check_agreement
from concordat.agreements.checking.world import World
from concordat.agreements.day import london_day
from concordat.agreements.decide import decide
from concordat.agreements.document import Agreement
from concordat_events.catalogue import CATALOGUE

INCIDENT = "domestic-abuse.incident-recorded.v1"
CRIME = "community-safety.crime-recorded.v1"
SCHOOL = "domestic-abuse.school-notified.v1"
Step = str | int

_HOSTILE: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1.5, 1e300, 2**53, 2**63, "", "@", "é", "x" * 3000, [], {}),
    *("children[].dob", "victim", "children[]", "location.postcode", "police", "@nobody"),
    *({"field": "victim.dob", "as": "year"}, {"field": "grade", "is": "high"}),
    {"group": "all", "whose": "urn", "is": "victim.ref"},
)
_KEYS = ("requires", "reveals", "sealed", "when", "send", "to", "never_send", "direct", "x")


def incident_share(**changes: Any) -> dict[str, Any]:
    """A share of incidents from police to social care; `changes` replace keys."""
    return share_of(event=INCIDENT, **{"send": ["ref"], **changes})


def incidents(**changes: Any) -> Agreement:
    """An agreement with one such share; `changes` replace keys of the share."""
    return agreement_of(shares=[incident_share(**changes)])


def faults_of(agreement: Agreement) -> list[str]:
    """What its check finds."""
    return [fault.message for fault in check_agreement(agreement, World(CATALOGUE))]


def delivered(exchange: Exchange, event_type: str, data: Any) -> dict[str, Any]:
    """What each agency gets of the data, as it is encoded."""
    plan = exchange.book.plan(event_type, "police", london_day(NOW))
    written = msgspec.json.encode(data)
    return {
        grant.agency: json.loads(msgspec.json.encode(grant.view.project(written)))
        for grant in decide(plan, written, frozenset()).grants
    }


def schools(exchange: Exchange, **urns: str) -> None:
    """Register schools of the council, each with its number."""
    for agency, urn in urns.items():
        identified: dict[str, Any] = {"schema": "concordat/agency/v1", "id": agency, "name": agency}
        identified |= {"controller": "council", "identifiers": {"urn": urn}}
        exchange.write(f"agency/{agency}", json.dumps(identified))


def encompass() -> Agreement:
    """Police to the one of two schools whose number the event names."""
    party = {"acts_as": "controller", "keep_days": 30}
    by_urn = {"group": "schools", "whose": "urn", "is": "school_urn"}
    return agreement_of(
        parties={"police": party, "ash": party, "elm": party},
        groups={"schools": ["ash", "elm"]},
        shares=[share_of(event=SCHOOL, to=[by_urn], send=["ref"], reveals=["school_urn"])],
    )


def mutated(document: dict[str, Any], draw: Random) -> dict[str, Any]:
    """`document` with one or two of its places replaced, taken out, doubled or added to."""
    changed = copy.deepcopy(document)
    for _ in range(draw.randint(1, 2)):
        if places := [place for place in _places(changed) if place]:
            _mutate(changed, draw.choice(places), draw)
    return changed


def _mutate(document: Any, place: tuple[Step, ...], draw: Random) -> None:
    *way, last = place
    owner = document
    for step in way:
        owner = owner[step]
    kind = draw.choice(("replace", "move", "take", "add"))
    if kind == "replace":
        owner[last] = copy.deepcopy(draw.choice(_HOSTILE))
    elif kind == "move":
        owner[last] = copy.deepcopy(draw.choice(list(_values(document))))
    elif kind == "take":
        del owner[last]
    elif isinstance(owner, list):
        owner.append(copy.deepcopy(draw.choice([*_HOSTILE, owner[int(last)]])))
    else:
        owner[draw.choice(_KEYS)] = copy.deepcopy(draw.choice(list(_values(document))))


def _places(value: Any, place: tuple[Step, ...] = ()) -> Iterator[tuple[Step, ...]]:
    yield place
    inner: Any = value.items() if isinstance(value, dict) else ()
    inner = enumerate(value) if isinstance(value, list) else inner
    for step, each in inner:
        yield from _places(each, (*place, step))


def _values(value: Any) -> Iterator[Any]:
    yield value
    inner: Any = value.values() if isinstance(value, dict) else ()
    for each in value if isinstance(value, list) else inner:
        yield from _values(each)
