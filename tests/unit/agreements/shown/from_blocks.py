"""From what was read back to the rules it states: plain values, like those of `from_plain`."""

import re
from datetime import datetime
from itertools import zip_longest
from typing import Any

from unit.agreements.shown.blocks import Block, Facts_, split_outside_quotes
from unit.agreements.shown.matrix_back import cells_of, permitted
from unit.agreements.shown.words_back import (
    Addresses,
    addresses_of,
    agency_of,
    condition,
    items_of,
    names_of,
    spoken,
    value,
)

Rules = dict[str, Any]
Terms = dict[str, tuple[str, ...]]
_ACTS_AS = {
    "acts as a controller": "controller",
    "acts as a joint controller: all of them must have signed": "joint-controller",
    "acts as a processor": "processor",
}
_ONWARD = {
    "may not pass on what it receives": "none",
    "must ask the publisher before it passes on what it receives": "ask",
    "may pass on what it receives": "allowed",
}


def rules_of(blocks: list[Block]) -> Rules:
    """Everything that the blocks state; an unknown section, term or sentence fails."""
    rules: Rules = {
        **_head(blocks),
        "parties": {},
        "shares": [],
        "matrix": {},
        "marks": {},
        "never_send": frozenset(),
        "undertakings": {},
        "unused": {},
    }
    section, under = "", ""
    for block, following in zip_longest(blocks, blocks[1:], fillvalue=("end",)):
        if block[0] == "heading":
            section, under = (block[2], "") if block[1] == 2 else (section, block[2])
            if section == "Who receives what" and under:
                rules["matrix"][under.partition(" (")[0]] = {}
        elif block[0] == "table":
            _take_matrix(rules, under.partition(" (")[0], block, following)
        elif block[0] == "facts" and section not in ("", "Who receives what"):
            _take_facts(rules, section, under, block[1])
    return rules


def _take_matrix(rules: Rules, event: str, table: Block, following: Block) -> None:
    cells, rules["marks"][event] = cells_of(table, following)
    shares = [share for share in rules["shares"] if share["event"] == event]
    rules["matrix"][event] = permitted(cells, shares)


def _take_facts(rules: Rules, section: str, under: str, facts: Facts_) -> None:
    if section == "The parties":
        rules["parties"] = {agency_of(term): _party(term, texts) for term, texts in facts}
    elif section == "What is shared":
        rules["shares"].append(_share(under.removeprefix("Share "), dict(facts)))
    elif section == "What is never sent":
        rules["never_send"] = frozenset(items_of(facts[0][1][0]))
    elif section == "What the parties undertake":
        rules["undertakings"] = {
            agency_of(term): [spoken(text) for text in texts] for term, texts in facts
        }
    else:
        assert section == "What is defined and used by no share"
        rules["unused"] = _unused(list(facts))


def _head(blocks: list[Block]) -> Rules:
    kind, level, title = blocks[0]
    assert (kind, level) == ("heading", 1)
    named = re.fullmatch(r"Agreement (\S+), version (\d+)", title)
    assert named
    terms = dict(blocks[3][1])
    force = re.fullmatch(r"from (.+) to (.+), both days included, in London", terms["In force"][0])
    reference, _, approved = terms["Data protection impact assessment"][0].rpartition(
        ", approved on "
    )
    assert force
    return {
        "id": named[1],
        "version": int(named[2]),
        "title": spoken(terms["Title"][0]),
        "purpose": spoken(terms["Purpose"][0]),
        "service_line": terms["Service line"][0],
        "effective": {"from": _day(force[1]), "until": _day(force[2])},
        "review_by": _day(terms["To be reviewed by"][0]),
        "dpia": {"ref": spoken(reference), "approved": _day(approved)},
        "operator": terms["Operator, who runs the exchange as a processor"][0],
    }


def _day(words: str) -> str:
    # %d takes what %-d wrote; months are English in the C locale of every test run.
    return datetime.strptime(words, "%d %B %Y").date().isoformat()  # noqa: DTZ007


def _party(term: str, texts: tuple[str, ...]) -> Rules:
    said = [text for text in texts if not text.startswith(("the controller behind it", "its reg"))]
    acts_as = [_ACTS_AS[text] for text in said if text in _ACTS_AS]
    onward = [_ONWARD[text] for text in said if text in _ONWARD]
    kept = [
        int(found[1]) if found[1] else None
        for text in said
        if (found := re.fullmatch(r"(?:.* copies for (\d+) days?|how long .* not stated)", text))
    ]
    direct = [text for text in said if text.startswith("its deliveries are also written to")]
    nothing = "receives nothing under this agreement" in said
    assert len(said) == 3 + len(direct) + nothing
    assert all(f"inbox.{agency_of(term)})" in text and "warning" in text for text in direct)
    return {
        "acts_as": acts_as[0],
        "keep_days": kept[0],
        "onward": onward[0],
        "direct": bool(direct),
        "receives": not nothing,
    }


def _share(share_id: str, terms: Terms) -> Rules:
    left = dict(terms)
    when = left.pop("When", ()) or left.pop("When all of these hold")
    sends = left.pop("Sends", ("",))[0]
    sealed = left.pop("Sends although sealed (where somebody can be found or reached)", ("",))[0]
    reveals = left.pop("The mere delivery reveals, even when the field is not sent", ())
    hours = left.pop("To be collected within", ("",))[0].partition(" hour")[0]
    requires = left.pop(
        "Only while these too have signed and not stopped it, though they may be no end of it", ()
    )
    share = {
        "id": share_id,
        "from": sorted(agency_of(text) for text in left.pop("From")),
        "to": _recipients(left.pop("To")),
        "event": left.pop("What")[0].partition(" (")[0],
        "when": [] if when[0].startswith("always:") else [condition(text) for text in when],
        "sends": frozenset() if sends.startswith("no field") else frozenset(names_of(sends)),
        "sealed": frozenset(names_of(sealed)),
        "reveals": frozenset(_revealed(text) for text in reveals),
        "collect_within_hours": int(hours) if hours else None,
        "requires": sorted(agency_of(text) for text in requires),
        "because": spoken(left.pop("Because")[0]),
        **_law(left),
    }
    assert left == {}
    return share


def _law(terms: Terms) -> Rules:
    name, _, gateway = terms.pop("Under the law")[0].partition(": ")
    return {
        "law": name,
        "gateway": _code(gateway),
        "publisher_basis": [_code(text) for text in terms.pop("The publisher relies on")],
        "recipient_basis": [_code(text) for text in terms.pop("The recipient relies on")],
    }


def _code(text: str) -> str:
    if text.startswith('"'):
        return str(value(text))
    found = re.fullmatch(r".+ \(([a-z0-9-]+)\)", text)
    assert found, text
    return found[1]


def _recipients(texts: tuple[str, ...]) -> dict[str, Addresses]:
    found: dict[str, Addresses] = {}
    for text in texts:
        if text.startswith("not reached as things stand, "):
            assert agency_of(text) in found
        elif text.startswith("only when "):
            words, _, names = text.removeprefix("only when ").partition(": ")
            for name in split_outside_quotes(names, "; "):
                found[agency_of(name)] = addresses_of(words)
        else:
            found[agency_of(text)] = frozenset()
    return found


def _revealed(text: str) -> str:
    if text.startswith("the recipient's "):
        return text.rpartition("event's ")[2]
    return text.split(" ", maxsplit=1)[0]


def _unused(facts: list[tuple[str, tuple[str, ...]]]) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    while facts:
        term, texts = facts.pop(0)
        if term == "Under the law":
            law = _law(dict([(term, texts), facts.pop(0), facts.pop(0)]))
            found["law", law.pop("law")] = law
        elif term.startswith("The group "):
            members = split_outside_quotes(texts[0], "; ")
            found["group", term.removeprefix("The group ")] = [agency_of(each) for each in members]
        else:
            found["set", term.removeprefix("The set of fields ")] = items_of(texts[0])
    return found
