"""Every event that a pair of drawn agreements can tell apart, decided by hand.

Shares no code with what it is compared to: it reads agreements as people wrote them, and decides
on plain events.
"""

from itertools import product
from typing import Any

from drawn_pairs import URNS, VALUES

Plain = dict[str, Any]
Grants = dict[tuple[str, str, str | None], set[tuple[int, bool]]]


def events_of(tops: list[str]) -> list[Plain]:
    everything = []
    for values in product(*(VALUES[top] for top in tops)):
        chosen = dict(zip(tops, values, strict=True))
        everything.append({top: value for top, value in chosen.items() if value != "-"})
    return everything


def holds(condition: Plain, event: Plain) -> bool:
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


def names_of(agreement: Plain, share: Plain) -> set[str | None]:
    names: set[str | None] = {None}
    for item in share["send"]:
        if isinstance(item, dict):
            names.add(f"{item['field']} as {item['as']}")
        elif item == "@set":
            names.update(agreement["field_sets"]["set"])
        else:
            names.add(item)
    return names - set(agreement["never_send"])


def reached_by(agreement: Plain, share: Plain, event: Plain) -> set[str]:
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


def grants_of(agreement: Plain, events: list[Plain], signed: tuple[bool, ...]) -> Grants:
    """For whom and what: the events, and whether the third party had signed."""
    found: Grants = {}
    for share in agreement["shares"]:
        enough = [each for each in signed if each or not share["requires"]]
        reached: dict[str, set[tuple[int, bool]]] = {}
        for number, event in enumerate(events):
            if all(holds(each, event) for each in share["when"]):
                for recipient in reached_by(agreement, share, event):
                    points = reached.setdefault(recipient, set())
                    points.update((number, each) for each in enough)
        for recipient, points in reached.items():
            for publisher in set(share["from"]) - {recipient}:
                for name in names_of(agreement, share):
                    found.setdefault((publisher, recipient, name), set()).update(points)
    return found


def verdict_of(old: set[Any], new: set[Any]) -> str:
    if not old:
        return "NEW"
    if not new:
        return "GONE"
    if new - old:
        return "WIDER"
    return "NARROWER" if old - new else "SAME"
