"""A second, deliberately naive evaluator of DESIGN §7, for comparison with the compiled one.

It shares no code with the exchange and works on plain values as people wrote them: agreements,
notices and events as dictionaries. Slow and repetitive on purpose: it should be checkable against
the page by eye.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

Plain = dict[str, Any]
Signatures = set[tuple[str, int, str]]

NEAREST_FIRST = [
    "FIELD_UNKNOWN",
    "CONDITION_FALSE",
    "SUSPENDED",
    "UNSIGNED_BY_RECIPIENT",
    "UNSIGNED_BY_PUBLISHER",
    "UNSIGNED_BY_JOINT_CONTROLLER",
    "NOT_YET_IN_FORCE",
    "EXPIRED",
    "WITHDRAWN",
    "SUPERSEDED",
    "NOT_NAMED",
]


def evaluate(
    agreements: Iterable[Plain],
    signatures: Signatures,
    notices: Iterable[Plain],
    controllers: Mapping[str, str],
    event: Plain,
    day: date,
) -> tuple[dict[tuple[str, str, str], Plain], dict[str, str]]:
    """Return {(agency, agreement id, law): data} of every delivery, and {agency: why withheld}."""
    publisher = event["source"][2:]
    denied = (event.get("withholdfrom") or "").split(",")
    documents = list(agreements)
    deliveries: dict[tuple[str, str, str], Plain] = {}
    withheld: dict[str, str] = {}
    for agency in candidates(documents, event["type"], publisher):
        if agency in denied:
            withheld[agency] = "DENIED_BY_PUBLISHER"
            continue
        reasons = []
        served = False
        for agreement_id in sorted({each["id"] for each in documents}):
            versions = [each for each in documents if each["id"] == agreement_id]
            if agency not in candidates(versions, event["type"], publisher):
                continue
            result = _under(
                versions, signatures, notices, controllers, publisher, agency, event, day
            )
            if isinstance(result, str):
                reasons.append(result)
                continue
            for law, data in result.items():
                deliveries[agency, agreement_id, law] = data
                served = True
        if not served:
            withheld[agency] = min(reasons, key=NEAREST_FIRST.index)
    return deliveries, withheld


def candidates(documents: Iterable[Plain], event_type: str, publisher: str) -> list[str]:
    """Every agency that any version names as a recipient, except the publisher itself."""
    found = set()
    for document in documents:
        for share in document["shares"]:
            if share["event"] == event_type and publisher in share["from"]:
                found.update(recipients(document, share))
    return sorted(found - {publisher})


def recipients(document: Plain, share: Plain) -> set[str]:
    """The agencies a share names, groups resolved."""
    found = set()
    for name in share["to"]:
        if name.startswith("@"):
            found.update(document["groups"][name[1:]])
        else:
            found.add(name)
    return found


def _under(
    versions: list[Plain],
    signatures: Signatures,
    notices: Iterable[Plain],
    controllers: Mapping[str, str],
    publisher: str,
    agency: str,
    event: Plain,
    day: date,
) -> str | dict[str, Plain]:
    """What one agreement gives: {law: data}, or the one reason that comes nearest to sharing."""
    standing = in_force(versions, signatures, notices, controllers, publisher, agency, day)
    if isinstance(standing, str):
        return standing
    allowed: dict[str, set[str]] = {}
    reasons = ["NOT_NAMED"]
    for share in standing["shares"]:
        if share["event"] != event["type"] or publisher not in share["from"]:
            continue
        if agency not in recipients(standing, share):
            continue
        failed = _first_failing(share, event["data"])
        if failed:
            reasons.append(failed)
        else:
            allowed.setdefault(share["law"], set()).update(_sent(standing, share))
    if not allowed:
        return min(reasons, key=NEAREST_FIRST.index)
    return {law: project(event["data"], fields) for law, fields in allowed.items()}


def in_force(
    versions: list[Plain],
    signatures: Signatures,
    notices: Iterable[Plain],
    controllers: Mapping[str, str],
    publisher: str,
    agency: str,
    day: date,
) -> str | Plain:
    """The version that stands between the two on `day`, or why none does."""
    ours, theirs = controllers[publisher], controllers[agency]
    signed = [each for each in versions if (each["id"], each["version"], ours) in signatures]
    if not signed:
        return "UNSIGNED_BY_PUBLISHER"
    started = [each for each in signed if date.fromisoformat(each["effective"]["from"]) <= day]
    if not started:
        return "NOT_YET_IN_FORCE"
    latest = max(started, key=lambda each: int(each["version"]))
    if publisher not in latest["parties"] or agency not in latest["parties"]:
        return "NOT_NAMED"
    actions = [
        notice["action"]
        for notice in notices
        if notice["agreement"] == latest["id"]
        and notice["version"] >= latest["version"]
        and notice["controller"] in (ours, theirs)
    ]
    if "withdraw" in actions:
        return "WITHDRAWN"
    if "suspend" in actions:
        return "SUSPENDED"
    if (latest["id"], latest["version"], theirs) not in signatures:
        return "UNSIGNED_BY_RECIPIENT"
    if not _joint_controllers_signed(latest, signatures, controllers, {publisher, agency}):
        return "UNSIGNED_BY_JOINT_CONTROLLER"
    if day > date.fromisoformat(latest["effective"]["until"]):
        return "EXPIRED"
    return latest


def _joint_controllers_signed(
    document: Plain, signatures: Signatures, controllers: Mapping[str, str], pair: set[str]
) -> bool:
    """All of them must have signed before any pair with one of them stands."""
    joint = set()
    for agency, party in document["parties"].items():
        if party["acts_as"] == "joint-controller":
            joint.add(agency)
    if not joint & pair:
        return True
    for agency in joint:
        if (document["id"], document["version"], controllers[agency]) not in signatures:
            return False
    return True


def _first_failing(share: Plain, data: Plain) -> str | None:
    for condition in share.get("when", []):
        value: Any = data
        for step in condition["field"].split("."):
            value = value.get(step) if isinstance(value, dict) else None
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
        if not holds:
            return "CONDITION_FALSE"
    return None


def _sent(document: Plain, share: Plain) -> set[str]:
    fields = set(share.get("sealed", []))
    for item in share["send"]:
        fields.update(document["field_sets"][item[1:]] if item.startswith("@") else [item])
    return fields - set(document.get("never_send", []))


def project(data: Plain, fields: Iterable[str]) -> Plain:
    """Copy what `fields` name and nothing else; what would be left empty leaves no trace."""
    copied: Plain = {}
    groups: dict[str, list[str]] = {}
    for path in fields:
        first, _, rest = path.partition(".")
        groups.setdefault(first, []).append(rest)
    for first, rests in groups.items():
        value = data.get(first.removesuffix("[]"))
        if value is None:
            continue
        if rests == [""]:
            copied[first] = value
        elif first.endswith("[]"):
            elements = [part for each in value if (part := project(each, rests))]
            if elements:
                copied[first[:-2]] = elements
        elif part := project(value, rests):
            copied[first] = part
    return copied
