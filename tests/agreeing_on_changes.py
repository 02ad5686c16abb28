"""A comparison of two versions beside what a situation's events bring each recipient under both."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations

import naive
from concordat.agreements.comparison.change import Change
from concordat.agreements.comparison.compare import compare
from concordat_events.catalogue import CATALOGUE
from naive_fields import sent
from naive_register import Plain, PlainRegister
from plain_register import agencies_of, documents_of
from strategies import Situation

Rows = dict[tuple[str, str, str, str | None], Change]
GAINS = ("NEW", "WIDER", "MAY_WIDEN")
LOSSES = ("GONE", "NARROWER", "MAY_NARROW")


def differences_of_changes(situation: Situation, compared: Counter[str]) -> Iterator[str]:
    """Compare the last two agreements; yield what events show and the rows do not say."""
    documents = situation.register.agreements
    if len(documents) == 1:
        return
    pair = documents[-2:]
    parsed = documents_of(replace(situation.register, agreements=pair))
    found = compare(parsed[0], parsed[1], CATALOGUE, agencies_of(situation.register))
    rows = {(*change.ends, change.field): change for change in found.changes}
    compared.update(str(change.verdict) for change in found.changes)
    # Somebody's third parties may not have signed: judged with all signatures, and without one's.
    required = {name for each in pair for share in each["shares"] for name in share["requires"]}
    for missing in ("", *sorted({situation.register.controllers[name] for name in required})):
        old, new = (_signed_by_all_but(situation.register, each, missing) for each in pair)
        for event in situation.events[: 12 if missing else 40]:
            yield from _of_event(old, new, event, rows, compared)


def _signed_by_all_but(register: PlainRegister, document: Plain, missing: str) -> PlainRegister:
    signatures = {
        (document["id"], document["version"], signer)
        for signer in register.controllers.values()
        if signer != missing
    }
    return replace(register, agreements=[document], signatures=signatures, notices=[])


def _of_event(
    old: PlainRegister, new: PlainRegister, event: Plain, rows: Rows, compared: Counter[str]
) -> Iterator[str]:
    before, now = _received(old, event), _received(new, event)
    for key in now - before:
        row = rows.get((event["type"], *key))
        compared["gains"] += 1
        if row is None or row.verdict not in GAINS:
            yield f"{event['id']}: {key} is a gain, and the row says {row}"
    for key in before - now:
        row = rows.get((event["type"], *key))
        compared["losses"] += 1
        if row is None or not (row.verdict in LOSSES or row.also_narrower is not False):
            yield f"{event['id']}: {key} is a loss, and the row says {row}"


def _received(register: PlainRegister, event: Plain) -> set[tuple[str, str, str | None]]:
    """(publisher, recipient, name) of what the event would bring, whoever published it.

    None is the delivery itself. Whether the two ends have signed is not the question here.
    """
    (document,) = register.agreements
    found: set[tuple[str, str, str | None]] = set()
    for publisher, agency in permutations(document["parties"], 2):
        for share in document["shares"]:
            if share["event"] != event["type"] or publisher not in share["from"]:
                continue
            if agency not in naive.recipients(document, share):
                continue
            if naive.why_not(register, document, share, agency, event["data"]) is None:
                found |= {(publisher, agency, name) for name in (None, *sent(document, share))}
    return found
