"""Random agreements as plain values, hostile texts included; each form of the language is drawn.

They need not pass the checks: what is written must be shown whatever it is.
"""

from random import Random
from typing import Any

from concordat.agreements.law import BASES, GATEWAYS
from concordat.agreements.parties import Agency
from concordat_events.catalogue import CATALOGUE
from concordat_events.leaves import leaves

Plain = dict[str, Any]
AGENCIES = ("police", "care", "health", "school-a", "school-b", "charity", "desk-2")
TEXTS = (
    "Protect adults and children.",
    "<script>alert('x')</script> & <b>bold</b> &amp; <!-- not said -->",
    "**bold** _x_ `code` | cell | [link](https://example.org) ![i](x) ~~no~~ $x$",
    "1. Not a list\n\n- nor this\n# nor a heading",
    "- Sends: narrative",
    "+ plus",
    "When: always: every event of this kind",
    "Two  spaces, a\ttab and a line\nbreak.",
    "Hidden\u200b zero width, \u202eturned round\u202c, \u00a0 hard space, \x07 bell",
    "Émigré «quoted» “so” — 日本語 🙂",
    "http://example.org/" + "x" * 120,
    "a very long sentence " * 12,
    "======",
    "---- ----",
    "\\backslash\\ and \\| pipe",
)
OPERANDS: tuple[Any, ...] = (
    *("high", "Wyre Forest", "Wyre  Forest", " lead", "trail ", "", " ", '"', "\\", '\\"'),
    *("yes", "no", "true", "1", "1.0", "null", 'x", "y', "a, b", "<i>", "a|b", "*a*", "\u200b"),
    *("is filled in", "is at least 3", "line\nbreak", "\u00a0", "\\u{200B}", "x and y", "x or y"),
    *(True, False, 0, 1, -3, 2**53 - 1, 0.5, -1.25, 1e21, 1e-7, 1.0),
)
NUMBERS = (0, 1, 3, -2, 0.5, 1e21)
NAMES = (
    "Wyre Forest, housing",
    "Care (care); Police (police)",
    'The "best" desk',
    "<b>Bold</b> | piped",
    "Health or Care",
    "A: B",
    "  spaced   out ",
    "Desk (north)",
    "1. First",
)
EVENTS = (*CATALOGUE, "unheard-of.thing-happened.v1")


def agencies_of(random: Random) -> dict[str, Agency]:
    """Some of the agencies, with names and identifiers."""
    found = {}
    for agency in AGENCIES:
        if random.random() < 0.8:
            found[agency] = Agency.model_validate(
                {
                    "schema": "concordat/agency/v1",
                    "id": agency,
                    "name": random.choice(NAMES),
                    "controller": random.choice(["council", "trust"]),
                    "identifiers": random.choice([None, {"urn": "999001"}, {"gss": 'E1"(2)'}]),
                }
            )
    return found


def agreement_of(random: Random) -> Plain:
    """A whole agreement."""
    parties = _some(random, AGENCIES, 2)
    document: Plain = {
        "schema": "concordat/agreement/v1",
        "id": random.choice(["first", "worcestershire-domestic-abuse"]),
        "version": random.randint(1, 100_000),
        "service_line": random.choice(["domestic-abuse", "falls"]),
        "title": random.choice(TEXTS),
        "purpose": random.choice(TEXTS),
        "effective": {"from": _day(random), "until": _day(random)},
        "review_by": _day(random),
        "dpia": {"ref": random.choice(TEXTS), "approved": _day(random)},
        "operator": random.choice(["council", "trust"]),
        "parties": {agency: _party(random) for agency in parties},
        "groups": {name: _some(random, parties, 1) for name in ("schools", "others", "spare")},
        "laws": {name: _law(random) for name in ("law-a", "law-b", "spare")},
        "field_sets": {name: _some(random, _paths(random), 1) for name in ("one", "two", "spare")},
        "never_send": _some(random, _paths(random), 0),
        "undertakings": {
            agency: _some(random, TEXTS, 1) for agency in parties if random.random() < 0.5
        },
    }
    document["shares"] = [_share(random, n, parties) for n in range(random.randint(1, 4))]
    for key in ("never_send", "undertakings"):
        if random.random() < 0.3:
            del document[key]
    return document


def _share(random: Random, number: int, parties: list[str]) -> Plain:
    event = random.choice([EVENTS[0], EVENTS[1], *EVENTS])
    paths = list(leaves(CATALOGUE[event])) if event in CATALOGUE else ["a", "b[].c", "d.e"]
    share: Plain = {
        "id": f"share-{number}",
        "from": _some(random, parties, 1),
        "to": _some(random, [*parties, "@schools", "@others"], 1)[:4],
        "event": event,
        "when": [_condition(random, paths) for _ in range(random.choice([0, 0, 1, 1, 2, 3]))],
        "send": _some(random, [*paths, *_coarsened(random, paths), "@one", "@two"], 0),
        "sealed": _some(random, [*paths, *_coarsened(random, paths)], 0)[:3],
        "collect_within_hours": random.randint(1, 8760),
        "law": random.choice(["law-a", "law-b"]),
        "requires": _some(random, parties, 0)[:2],
        "because": random.choice(TEXTS),
    }
    if random.random() < 0.4:
        share["to"] = share["to"][: random.randint(0, 2)] + [
            {"group": group, "whose": random.choice(["urn", "ods", "gss"]), "is": path}
            for group, path in zip(["schools", "others"], paths, strict=False)
        ]
    asked = [each["field"] for each in share["when"]]
    asked += [each["is"] for each in share["to"] if isinstance(each, dict)]
    share["reveals"] = _some(random, asked, 0)
    for key in ("when", "sealed", "collect_within_hours", "requires", "reveals"):
        if not share[key] or random.random() < 0.2:
            del share[key]
    if "when" not in share and "reveals" in share:
        del share["reveals"]
    return share


def _condition(random: Random, paths: list[str]) -> Plain:
    field = random.choice(paths)
    test = random.choice(["is", "in", "at_least", "less_than", "includes", "present"])
    if test == "present":
        return {"field": field, "present": True}
    if test == "in":
        return {
            "field": field,
            "in": [random.choice(OPERANDS) for _ in range(random.randint(1, 4))],
        }
    numeric = test in ("at_least", "less_than")
    return {"field": field, test: random.choice(NUMBERS if numeric else OPERANDS)}


def _coarsened(random: Random, paths: list[str]) -> list[Plain]:
    kinds = ("year", "month", "outward-code", "present")
    return [{"field": path, "as": random.choice(kinds)} for path in _some(random, paths, 0)[:3]]


def _paths(random: Random) -> list[str]:
    return [
        path for name in _some(random, list(CATALOGUE), 1)[:2] for path in leaves(CATALOGUE[name])
    ]


def _party(random: Random) -> Plain:
    party = {
        "acts_as": random.choice(["controller", "joint-controller", "processor"]),
        "keep_days": random.choice([None, 1, 365, 36_500]),
        "onward": random.choice(["none", "ask", "allowed"]),
        "direct": random.random() < 0.3,
    }
    return {key: value for key, value in party.items() if value or random.random() < 0.5}


def _law(random: Random) -> Plain:
    return {
        "gateway": random.choice([*GATEWAYS, "a law of one's own (x)"]),
        "publisher_basis": _some(random, [*BASES, 'odd "code"'], 1),
        "recipient_basis": _some(random, list(BASES), 1),
    }


def _day(random: Random) -> str:
    return f"{random.randint(2000, 2050)}-{random.randint(1, 12):02}-{random.randint(1, 28):02}"


def _some(random: Random, items: Any, least: int) -> list[Any]:
    """At least `least` of the items, each once, mostly few."""
    pool = list(dict.fromkeys(items)) if all(isinstance(i, str) for i in items) else list(items)
    most = max(least, min(len(pool), random.choice([1, 2, 4, 8])))
    return random.sample(pool, min(len(pool), random.randint(least, most)))
