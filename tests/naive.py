"""A second, deliberately naive evaluator of agreements, for comparison with the compiled one.

It shares no code with the exchange and works on plain values as people wrote them: agreements,
notices and events as dictionaries. Slow and repetitive on purpose: it should be checkable against
the page by eye. Who may, is in naive_register.py; what is sent, in naive_fields.py.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from naive_fields import project, sent
from naive_register import Plain, PlainRegister, in_force, third_party_missing

NEAREST_FIRST = [
    "FIELD_UNKNOWN",
    "CONDITION_FALSE",
    "NOT_ADDRESSED",
    "SUSPENDED",
    "UNSIGNED_BY_RECIPIENT",
    "UNSIGNED_BY_PUBLISHER",
    "UNSIGNED_BY_JOINT_CONTROLLER",
    "UNSIGNED_BY_THIRD_PARTY",
    "NOT_YET_IN_FORCE",
    "EXPIRED",
    "WITHDRAWN",
    "NOT_NAMED",
    "AGREEMENT_UNREADABLE",
    "DENIED_BY_PUBLISHER",
]
Failed = tuple[str, str | None]
"""A reason, and the field that it is about, if any."""


@dataclass(frozen=True)
class Delivered:
    """One delivery: under which version and shares, which names of fields, and what they give."""

    version: int
    shares: list[str] = field(default_factory=list)
    fields: set[str] = field(default_factory=set)
    data: Plain = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """What one agreement gives one recipient of one event.

    `delivered` is by law; `failed` says why each share that names the pair gave nothing; `reason`
    is the one that comes nearest to sharing, None when something was delivered.
    """

    delivered: dict[str, Delivered] = field(default_factory=dict)
    failed: dict[str, Failed] = field(default_factory=dict)
    reason: str | None = None


def evaluate(
    register: PlainRegister, event: Plain, day: date
) -> tuple[dict[tuple[str, str, str], Delivered], dict[str, str]]:
    """Return {(agency, agreement id, law): delivery}, and {agency: why it gets nothing}."""
    return evaluate_cases(cases(register, event, day))


def evaluate_cases(
    every: dict[tuple[str, str], Case],
) -> tuple[dict[tuple[str, str, str], Delivered], dict[str, str]]:
    """Put together what the agreements give: one that delivers is enough."""
    deliveries: dict[tuple[str, str, str], Delivered] = {}
    reasons: dict[str, list[str]] = {}
    for (agreement_id, agency), case in every.items():
        for law, delivered in case.delivered.items():
            deliveries[agency, agreement_id, law] = delivered
        reasons.setdefault(agency, []).append(case.reason or "")
    withheld = {
        agency: min(told, key=NEAREST_FIRST.index)
        for agency, told in reasons.items()
        if "" not in told
    }
    return deliveries, withheld


def cases(register: PlainRegister, event: Plain, day: date) -> dict[tuple[str, str], Case]:
    """What each agreement gives each agency that any of its versions names: {(id, agency): …}."""
    publisher = event["source"][2:]
    denied = (event.get("withholdfrom") or "").split(",")
    found = {}
    for agreement_id in sorted({each["id"] for each in register.agreements}):
        versions = register.versions(agreement_id)
        for agency in candidates(versions, event["type"], publisher):
            if agency in denied:
                found[agreement_id, agency] = Case(reason="DENIED_BY_PUBLISHER")
            else:
                found[agreement_id, agency] = _case(register, agreement_id, agency, event, day)
    return found


def candidates(documents: Iterable[Plain], event_type: str, publisher: str) -> list[str]:
    """Every agency that any version names as a recipient, except the publisher itself."""
    found = set()
    for document in documents:
        for share in document["shares"]:
            if share["event"] == event_type and publisher in share["from"]:
                found.update(recipients(document, share))
    return sorted(found - {publisher})


def recipients(document: Plain, share: Plain) -> set[str]:
    """The agencies a share can reach, groups resolved."""
    found = set()
    for item in share["to"]:
        if isinstance(item, dict):
            found.update(document["groups"][item["group"]])
        elif item.startswith("@"):
            found.update(document["groups"][item[1:]])
        else:
            found.add(item)
    return found


def _case(register: PlainRegister, agreement_id: str, agency: str, event: Plain, day: date) -> Case:
    publisher = event["source"][2:]
    document = in_force(register, agreement_id, publisher, agency, day)
    if isinstance(document, str):
        return Case(reason=document)
    delivered: dict[str, Delivered] = {}
    failed: dict[str, Failed] = {}
    for share in document["shares"]:
        if share["event"] != event["type"] or publisher not in share["from"]:
            continue
        if agency not in recipients(document, share):
            continue
        if why := why_not(register, document, share, agency, event["data"]):
            failed[share["id"]] = why
            continue
        ours = delivered.setdefault(share["law"], Delivered(document["version"]))
        ours.shares.append(share["id"])
        ours.fields.update(sent(document, share))
    for each in delivered.values():
        each.data.update(project(event["data"], each.fields))
    if delivered:
        return Case(delivered, failed)
    reasons = ["NOT_NAMED", *(reason for reason, _ in failed.values())]
    return Case({}, failed, min(reasons, key=NEAREST_FIRST.index))


def why_not(
    register: PlainRegister, document: Plain, share: Plain, agency: str, data: Plain
) -> Failed | None:
    """Why a share that names `agency` gives it nothing of `data`: the first thing that fails."""
    if reason := third_party_missing(register, document, share):
        return reason, None
    if failed := _not_addressed(register, document, share, agency, data):
        return failed
    for condition in share.get("when", []):
        if reason := _condition_fails(condition, data):
            return reason, condition["field"]
    return None


def _not_addressed(
    register: PlainRegister, document: Plain, share: Plain, agency: str, data: Plain
) -> Failed | None:
    """Named outright it is addressed; else a field must hold what it is registered as."""
    alternatives = []
    for item in share["to"]:
        if isinstance(item, dict):
            if agency in document["groups"][item["group"]]:
                alternatives.append(item)
        elif item == agency or (item.startswith("@") and agency in document["groups"][item[1:]]):
            return None
    own = register.identifiers.get(agency, {})
    known = False
    for item in alternatives:
        value = _value(data, item["is"])
        if value is not None:
            known = True
            if value == own.get(item["whose"]):
                return None
    return "NOT_ADDRESSED" if known else "FIELD_UNKNOWN", alternatives[0]["is"]


def _condition_fails(condition: Plain, data: Plain) -> str | None:
    value = _value(data, condition["field"])
    if "present" in condition:
        holds = value is not None
    elif value is None:
        return "FIELD_UNKNOWN"
    elif "is" in condition:
        holds = value == condition["is"]
    elif "in" in condition:
        holds = value in condition["in"]
    elif "at_least" in condition:
        holds = value >= condition["at_least"]
    elif "less_than" in condition:
        holds = value < condition["less_than"]
    else:
        holds = condition["includes"] in value
    return None if holds else "CONDITION_FALSE"


def _value(data: Plain, path: str) -> Any:
    value: Any = data
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value
