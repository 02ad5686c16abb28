"""A rehearsal of two versions over a situation's events, counted by hand beside it."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import naive
from concordat.agreements.rehearsing.rehearsal import Rehearsal, read_past_event
from concordat.agreements.rehearsing.tally import RecipientTally
from naive_register import Plain, PlainRegister
from plain_register import agencies_of, documents_of
from strategies import Situation

Counts = dict[str, Any]


def differences_of_rehearsal(situation: Situation, compared: Counter[str]) -> Iterator[str]:
    """Rehearse the last agreement, against the one before; yield what by hand counts otherwise."""
    documents = situation.register.agreements
    new, old = documents[-1], documents[-2] if len(documents) > 1 else None
    expected: dict[str, Counts] = {}
    for event in situation.events:
        for agency, counts in _of_event(situation.register, event, new, old).items():
            known = expected.setdefault(agency, {})
            for name, counted in counts.items():
                known[name] = known.get(name, Counter()) + counted
        compared["rehearsed"] += 1
    found = _rehearsed(situation, new, old)
    if found != expected:
        yield f"rehearsed {found}, not {expected}"


def _rehearsed(situation: Situation, new: Plain, old: Plain | None) -> dict[str, Counts]:
    parsed = documents_of(replace(situation.register, agreements=[new, *([old] if old else [])]))
    rehearsal = Rehearsal(*parsed, agencies=agencies_of(situation.register))
    for event in situation.events:
        rehearsal.add(read_past_event(json.dumps(event).encode()))
    return {agency: _told(tally) for agency, tally in rehearsal.result().recipients.items()}


def _told(tally: RecipientTally) -> Counts:
    withheld: Counter[str] = Counter()
    for (reason, _), events in tally.withheld.items():
        withheld[str(reason)] += events
    shares = {share: held.events for share, held in tally.shares.items()}
    one = {
        "shared": tally.shared,
        "deliveries": tally.deliveries,
        "before": tally.shared_before,
        "gained": tally.gained.events,
        "lost": tally.lost.events,
        "more": tally.more.events,
        "fewer": tally.fewer.events,
    }
    return {
        "numbers": +Counter(one),
        "shares": Counter(shares),
        "withheld": withheld,
        "added": Counter(tally.added),
        "removed": Counter(tally.removed),
    }


def _of_event(
    register: PlainRegister, event: Plain, new: Plain, old: Plain | None
) -> dict[str, Counts]:
    """What each agency that either agreement names gets of one event, and got."""
    now, why = _alone(register, new, event)
    before, why_before = _alone(register, old, event) if old else ({}, {})
    found = {}
    for agency in {*(key[0] for key in (*now, *before)), *why, *why_before}:
        got = [each for key, each in now.items() if key[0] == agency]
        had = [each for key, each in before.items() if key[0] == agency]
        fields = {name for each in got for name in each.fields}
        fields_before = {name for each in had for name in each.fields}
        both = bool(got and had)
        one = {
            "shared": bool(got),
            "deliveries": len(got),
            "before": bool(had),
            "gained": bool(got and not had),
            "lost": bool(had and not got),
            "more": both and bool(fields - fields_before),
            "fewer": both and bool(fields_before - fields),
        }
        found[agency] = {
            "numbers": +Counter({name: int(each) for name, each in one.items()}),
            "shares": Counter(share for each in got for share in each.shares),
            "withheld": Counter([why[agency]] if agency in why else []),
            "added": Counter(fields - fields_before if both else []),
            "removed": Counter(fields_before - fields if both else []),
        }
    return found


def _alone(
    register: PlainRegister, document: Plain, event: Plain
) -> tuple[dict[tuple[str, str, str], naive.Delivered], dict[str, str]]:
    """The one agreement on its first day, signed by everybody and stopped by nobody."""
    signers = {register.controllers[agency] for agency in document["parties"]}
    alone = PlainRegister(
        [document],
        {(document["id"], document["version"], signer) for signer in signers},
        [],
        register.controllers,
        register.identifiers,
    )
    return naive.evaluate(alone, event, date.fromisoformat(document["effective"]["from"]))
