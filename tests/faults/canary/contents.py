"""What holds contents by its purpose holds just them: marks are where an agreement sends them."""

import asyncio
import json
from collections import Counter
from typing import Any

import msgspec

from canaries import marks_in
from concordat.stages.routed import read_routed
from faults.canary.marked_events import Planted, of_delivery
from faults.canary.places import holds_contents, records_of, topics_of
from faults.findings import Findings
from faults.rig import Rig


async def claim_contents(
    findings: Findings, rig: Rig, planted: Planted, inboxes: dict[str, list[dict[str, Any]]]
) -> None:
    """Claim that contents hold what they are for, and deliveries exactly what is named for them."""
    contents: dict[str, set[str]] = {}
    for name in await asyncio.to_thread(topics_of, rig):
        if holds_contents(rig.exchange.topics, name):
            records = await asyncio.to_thread(records_of, rig, name)
            texts = (str(each.value() or b"") for each in records)
            contents[name] = set().union(*(marks_in(text) for text in texts))
    topics, marks = rig.exchange.topics, set(planted.by_mark)
    outboxes = set().union(*(found for name, found in contents.items() if topics.agency_of(name)))
    findings.none(
        marks_missing_from_outboxes=len(marks - outboxes),
        marks_missing_from_incidents=len(marks - contents[topics.incidents]),
    )
    wrong = Counter[str]()
    delivered = [item["delivery"] for items in inboxes.values() for item in items]
    rows = await rig.ask("SELECT body FROM concordat.delivery")
    for delivery in (*delivered, *(json.loads(row["body"]) for row in rows)):
        _compare(planted, delivery, wrong)
    for rest in await asyncio.to_thread(_routed, rig):
        for each in rest.pop("shared"):
            _compare(planted, each.pop("delivery"), wrong)
            wrong["beside"] += bool(marks_in(json.dumps(each)) & marks)
        wrong["beside"] += bool(marks_in(json.dumps(rest)) & marks)
    findings.none(
        marks_beyond_the_agreement=wrong["beyond"],
        marks_missing_from_deliveries=wrong["missing"],
        marks_in_decisions=wrong["beside"],
    )
    findings.least(100, deliveries=len(delivered))
    findings.least(500, marks_delivered=wrong["as due"])
    findings.same(len(rows), deliveries_read=len(delivered))


def _compare(planted: Planted, delivery: dict[str, Any], wrong: Counter[str]) -> None:
    """Marks that are due are in the delivery's data, and none are anywhere else in it."""
    event, paths = of_delivery(delivery)
    if event not in planted.by_event:
        return
    due = planted.allowed(event, set(paths))
    found = marks_in(json.dumps(delivery, ensure_ascii=False)) & planted.unique
    wrong["beyond"] += len(found - due)
    wrong["missing"] += len(due - found)
    wrong["as due"] += len(found & due)


def _routed(rig: Rig) -> list[dict[str, Any]]:
    """Every decision that can be read."""
    found = []
    for each in records_of(rig, rig.exchange.topics.routed):
        value = each.value()
        try:
            read_routed(value if isinstance(value, bytes) else b"")
        except msgspec.DecodeError:
            continue
        found.append(json.loads(value or b""))
    return found
