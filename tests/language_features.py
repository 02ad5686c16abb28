"""Which parts of the language deliveries show, so that a test can say that it saw them all."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import naive
from concordat_events.catalogue import CATALOGUE
from concordat_events.leaves import leaves
from naive_fields import sent
from naive_register import Plain, PlainRegister, stopped

FEATURES = {
    "as year",
    "as month",
    "as outward-code",
    "as present",
    "sealed",
    "signal",
    "set",
    "group",
    "by identifier",
    "requires",
    "resumed",
    "several shares",
    "several versions",
    "several laws",
    "never sent",
    "is",
    "in",
    "at_least",
    "less_than",
    "includes",
    "present",
}


def features_of(
    register: PlainRegister,
    event: Plain,
    deliveries: Mapping[tuple[str, str, str], naive.Delivered],
) -> set[str]:
    """What was needed for these deliveries."""
    found = {
        feature
        for (agency, agreement_id, _), delivered in deliveries.items()
        for feature in _of_delivery(register, event, agency, agreement_id, delivered)
    }
    if len({(agency, agreement_id) for agency, agreement_id, _ in deliveries}) < len(deliveries):
        found.add("several laws")
    return found


def _of_delivery(
    register: PlainRegister,
    event: Plain,
    agency: str,
    agreement_id: str,
    delivered: naive.Delivered,
) -> Iterator[str]:
    versions = register.versions(agreement_id)
    (document,) = (each for each in versions if each["version"] == delivered.version)
    for share in document["shares"]:
        if share["id"] in delivered.shares:
            yield from _of_share(share)
            if sent({**document, "never_send": []}, share) > sent(document, share):
                yield "never sent"
    known = leaves(CATALOGUE[event["type"]])
    paths = {name.partition(" as ")[0] for name in delivered.fields}
    yield from {f"as {name.partition(' as ')[2]}" for name in delivered.fields if " as " in name}
    if any(known[path].sealed for path in paths):
        yield "sealed"
    if not delivered.fields:
        yield "signal"
    if len(delivered.shares) > 1:
        yield "several shares"
    if len(versions) > 1:
        yield "several versions"
    for_ever = replace(register, notices=[n for n in register.notices if n["action"] != "resume"])
    if stopped(for_ever, document, event["source"][2:], agency):
        yield "resumed"


def _of_share(share: Plain) -> Iterator[str]:
    for condition in share["when"]:
        yield from condition.keys() - {"field"}
    if all(isinstance(item, dict) for item in share["to"]):
        yield "by identifier"
    if all(isinstance(item, str) and item.startswith("@") for item in share["to"]):
        yield "group"
    if any(isinstance(item, str) and item.startswith("@") for item in share["send"]):
        yield "set"
    if share["requires"]:
        yield "requires"
