"""What one run of revocations has in common, and what must hold of it."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from faults.bar import Ground
from faults.revoke_down.inbox_readers import Reader, Seen
from faults.revoke_down.notices import Notary, Recorded
from faults.revoke_down.revoked import Crimes
from faults.rig import Rig
from revocation.contracts import PUBLISHER, Revoked

BOUND_SECONDS = 1.0
ITEMS_EACH = 4
_RELEASED_SECONDS = 120.0


@dataclass
class Course:
    """What one run has in common; `notices` are those that stopped something, by agreement."""

    ground: Ground
    rig: Rig
    seen: Seen
    readers: dict[str, Reader]
    crimes: Crimes
    notary: Notary
    notices: dict[str, Recorded] = field(default_factory=dict)
    readable_before: dict[str, int] = field(default_factory=dict)
    reads_afterwards: list[int] = field(default_factory=list)
    spread: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))


def claim_reading(course: Course, seconds: float) -> None:
    ground, answers = course.ground, course.seen.answers
    ground.figure(
        revocations=len(course.notices),
        notices_answered=dict(sorted(course.notary.answers.items())),
        reads_answered=dict(sorted(answers.items())),
        readers_late_ms=_ranked(course.seen.late),
        events_published=course.crimes.published,
    )
    ground.findings.least(ITEMS_EACH, items_readable_before=min(course.readable_before.values()))
    ground.findings.least(10, reads_per_second=round(answers.total() / seconds, 1))
    ground.findings.least(1, reads_a_second_later=min(course.reads_afterwards))
    for action in ("suspend", "withdraw"):
        count = sum(each.action == action for each in course.notices.values())
        ground.findings.least(1, **{f"{action}_notices": count})


def claim_bound(course: Course, every: Iterable[Revoked]) -> None:
    """The 1 s: from the broker's time of the notice to the return of the last 200 under it."""
    agreements = [each.agreement for each in every]
    waits = [course.seen.last[one] - course.notices[one].at for one in agreements]
    sure = [course.seen.last_surely[one] - course.notices[one].at for one in agreements]
    course.ground.findings.none(returned_after_a_second=sum(one > BOUND_SECONDS for one in sure))
    for state, spread in course.spread.items():
        course.ground.figure(**{f"last_return_ms_{state}": _ranked(spread)})
    course.ground.figure(last_return_ms=_ranked([max(0.0, one) for one in waits]))


async def claim_gone(course: Course, every: Iterable[Revoked]) -> None:
    """With everything running again and drained, nothing under a notice can be read."""
    stopped = {each.agreement for each in every}
    left = asked = 0
    for reader in course.readers.values():
        left += sum(item.delivery.agreement in stopped for item in await reader.read_all())
    for each in every:
        client = course.readers[each.recipient].client
        for number in sorted(course.seen.numbers[each.agreement])[:ITEMS_EACH]:
            answer = await client.get(f"/v1/inbox/{number}")
            asked += 1
            left += answer.status_code not in (410, 503)
    course.ground.findings.none(readable_after_coming_back=left)
    course.ground.findings.least(1, items_asked_for_afterwards=asked)


async def claim_released(course: Course, every: Iterable[Revoked]) -> None:
    """Both resume what was suspended: each of its items is delivered once more, no other."""
    suspended = [each for each in every if course.notices[each.agreement].action == "suspend"]
    for each in suspended:
        for speaker in (PUBLISHER, each.recipient):
            digest = course.notices[each.agreement].digest
            await course.notary.post(each.agreement, speaker, "resume", digest)
    names = [each.agreement for each in suspended]
    rows = await _until_released(course.rig, names)
    found: dict[str, list[str | None]] = defaultdict(list)
    wrong = 0
    for reader in course.readers.values():
        for item in await reader.read_all():
            wrong += item.delivery.agreement not in names
            found[item.delivery.id].append(item.arrived)
    course.ground.findings.none(
        not_released=sum(row["arrived"] != "released" for row in rows),
        released_and_not_readable=sum(row["id"] not in found for row in rows),
        readable_twice=sum(len(each) > 1 for each in found.values()),
        not_marked=sum(each != ["released"] for each in found.values()),
        withdrawn_and_readable=wrong,
    )
    course.ground.findings.least(ITEMS_EACH * len(names), released=len(rows))


async def _until_released(rig: Rig, agreements: list[str]) -> list[Any]:
    deadline = time.monotonic() + _RELEASED_SECONDS
    query = "SELECT id, arrived FROM concordat.delivery WHERE agreement = ANY($1::text[])"
    while True:
        rows = await rig.ask(query, agreements)
        if all(row["arrived"] == "released" for row in rows) or time.monotonic() > deadline:
            return rows
        await asyncio.sleep(0.2)


def _ranked(seconds: list[float]) -> dict[str, int]:
    """p50, p99 (nearest rank) and the most, in milliseconds."""
    ranked = sorted(seconds)
    ranks = {"p50": 50, "p99": 99, "max": 100}
    return {
        name: round(ranked[-(-len(ranked) * rank // 100) - 1] * 1000)
        for name, rank in ranks.items()
    }
