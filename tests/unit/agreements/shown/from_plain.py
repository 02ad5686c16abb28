"""The rules of an agreement from its plain JSON values: nothing here is shared with the code."""

from collections.abc import Iterator, Mapping
from typing import Any

from concordat_events.fields import Data
from concordat_events.leaves import leaves
from unit.agreements.shown.from_blocks import Rules
from unit.agreements.shown.matrix_back import DELIVERY, Permit, Permits, least

Plain = dict[str, Any]
_MARKS = {"N": "not personal", "P": "personal", "S": "sensitive", "X": "sealed"}


def rules_of_plain(document: Plain, catalogue: Mapping[str, type[Data]]) -> Rules:
    """What `from_blocks` must find in what is shown of `document`."""
    shares = document["shares"]
    receivers = {
        agency
        for share in shares
        for agency in _to(document, share)
        if set(share["from"]) - {agency}
    }
    events = list(dict.fromkeys(share["event"] for share in shares))
    return {
        **{key: document[key] for key in ("id", "version", "service_line", "operator")},
        **{key: document[key] for key in ("effective", "review_by")},
        **{key: _one_line(document[key]) for key in ("title", "purpose")},
        "dpia": {**document["dpia"], "ref": _one_line(document["dpia"]["ref"])},
        "parties": {
            agency: {
                "keep_days": None,
                "onward": "none",
                "direct": False,
                **party,
                "receives": agency in receivers,
            }
            for agency, party in document["parties"].items()
        },
        "shares": [_share(document, share) for share in shares],
        "matrix": {event: _matrix(document, event) for event in events},
        "marks": _marks(document, catalogue),
        "never_send": frozenset(document.get("never_send", [])),
        "undertakings": {
            agency: [_one_line(sentence) for sentence in sentences]
            for agency, sentences in document.get("undertakings", {}).items()
        },
        "unused": _unused(document),
    }


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _share(document: Plain, share: Plain) -> Rules:
    sealed = {_name(item) for item in share.get("sealed", [])}
    sent = _sent(document, share)
    law = document["laws"][share["law"]]
    return {
        "id": share["id"],
        "from": sorted(set(share["from"])),
        "to": _to(document, share),
        "event": share["event"],
        "when": [_condition(each) for each in share.get("when", [])],
        "sends": frozenset(sent - sealed),
        "sealed": frozenset(sent & sealed),
        "reveals": frozenset(share.get("reveals", [])),
        "collect_within_hours": share.get("collect_within_hours"),
        "requires": sorted(set(share.get("requires", []))),
        "because": _one_line(share["because"]),
        "law": share["law"],
        **law,
    }


def _to(document: Plain, share: Plain) -> dict[str, frozenset[tuple[str, str]]]:
    outright: set[str] = set()
    picked: dict[str, set[tuple[str, str]]] = {}
    for item in share["to"]:
        if isinstance(item, dict):
            for agency in document["groups"][item["group"]]:
                picked.setdefault(agency, set()).add((item["whose"], item["is"]))
        elif item.startswith("@"):
            outright.update(document["groups"][item[1:]])
        else:
            outright.add(item)
    found = {agency: frozenset(addresses) for agency, addresses in picked.items()}
    return found | {agency: frozenset() for agency in outright}


def _name(item: Any) -> str:
    return f"{item['field']} as {item['as']}" if isinstance(item, dict) else str(item)


def _sent(document: Plain, share: Plain) -> set[str]:
    names: set[str] = set()
    for item in [*share["send"], *share.get("sealed", [])]:
        is_set = isinstance(item, str) and item.startswith("@")
        names.update(document["field_sets"][item[1:]] if is_set else [_name(item)])
    never = document.get("never_send", [])
    return {name for name in names if name.partition(" as ")[0] not in never}


def _condition(condition: Plain) -> tuple[str, str, Any]:
    ((test, operand),) = ((key, value) for key, value in condition.items() if key != "field")
    if test == "present":
        return condition["field"], test, True
    return (
        condition["field"],
        test,
        tuple(map(_value, operand)) if test == "in" else _value(operand),
    )


def _value(operand: Any) -> Any:
    if isinstance(operand, bool):
        return ("boolean", operand)
    return operand if isinstance(operand, str) else ("number", float(operand))


def _permits(document: Plain, share: Plain, recipient: str) -> Iterator[Permit]:
    addresses = _to(document, share)
    if recipient in addresses:
        when = frozenset(_condition(each) for each in share.get("when", []))
        for publisher in share["from"]:
            if publisher != recipient:
                yield publisher, when, addresses[recipient]


def _matrix(document: Plain, event: str) -> dict[str, dict[str, Permits]]:
    matrix: dict[str, dict[str, set[Permit]]] = {}
    for share in document["shares"]:
        if share["event"] == event:
            for recipient in _to(document, share):
                for permit in _permits(document, share, recipient):
                    row = matrix.setdefault(recipient, {})
                    for name in {DELIVERY} | _sent(document, share):
                        row.setdefault(name, set()).add(permit)
    return {
        recipient: {name: least(permits) for name, permits in row.items()}
        for recipient, row in matrix.items()
    }


def _marks(document: Plain, catalogue: Mapping[str, type[Data]]) -> dict[str, dict[str, str]]:
    marks: dict[str, dict[str, str]] = {}
    for event in {share["event"] for share in document["shares"]}:
        matrix = _matrix(document, event)
        known = leaves(catalogue[event]) if event in catalogue else {}
        for name in {name for row in matrix.values() for name in row}:
            leaf = known.get(name.partition(" as ")[0])
            words = _MARKS[leaf.sensitivity.value] if leaf else "—"
            marks.setdefault(event, {})[name] = words
    return marks


def _unused(document: Plain) -> Rules:
    shares = document["shares"]
    laws = {share["law"] for share in shares}
    groups = {
        item["group"] if isinstance(item, dict) else item.removeprefix("@")
        for share in shares
        for item in share["to"]
        if isinstance(item, dict) or item.startswith("@")
    }
    sets = {item[1:] for share in shares for item in share["send"] if str(item).startswith("@")}
    found: Rules = {}
    for kind, key, used in (("law", "laws", laws), ("set", "field_sets", sets)):
        found |= {(kind, n): v for n, v in document.get(key, {}).items() if n not in used}
    found |= {("group", n): v for n, v in document.get("groups", {}).items() if n not in groups}
    return found
