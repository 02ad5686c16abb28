"""What a share sends, and the copy of an event that holds that and nothing else.

Part of the naive evaluator: see naive.py. A field is named by its path, or "`path` as `less`".
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

Plain = dict[str, Any]


def sent(document: Plain, share: Plain) -> set[str]:
    """The names of what the share sends: its sets resolved, its sealed fields, its coarsenings."""
    fields = set()
    for item in share["send"] + share.get("sealed", []):
        if isinstance(item, dict):
            fields.add(f"{item['field']} as {item['as']}")
        elif item.startswith("@"):
            fields.update(document["field_sets"][item[1:]])
        else:
            fields.add(item)
    never = document.get("never_send", [])
    return {name for name in fields if name.split(" as ")[0] not in never}


def project(data: Plain, fields: Iterable[str]) -> Plain:
    """Copy what `fields` name and nothing else; what would be left empty leaves no trace."""
    copied: Plain = {}
    groups: dict[str, list[str]] = {}
    for path in fields:
        first, _, rest = path.partition(".")
        groups.setdefault(first, []).append(rest)
    for first, rests in groups.items():
        field, _, less = first.partition(" as ")
        value = data.get(field.removesuffix("[]"))
        if value is None:
            continue
        if less:
            copied[f"{field}_{less.replace('-', '_')}"] = coarsen(value, less)
        elif rests == [""]:
            copied[field] = value
        elif field.endswith("[]"):
            elements = [part for each in value if (part := project(each, rests))]
            if elements:
                copied[field[:-2]] = elements
        elif part := project(value, rests):
            copied[field] = part
    return copied


def coarsen(value: Any, less: str) -> Any:
    """What is said of a field that is filled in, in the place of its value."""
    if less == "present":
        return True
    if less == "outward-code":
        return value.split(" ")[0]
    day = value
    if "T" in value:  # an instant: its day in London
        day = datetime.fromisoformat(value).astimezone(ZoneInfo("Europe/London")).isoformat()
    return day[:4] if less == "year" else day[:7]
