"""What a replay would do for one agency, counted; no contents."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from concordat.agreements.reason import Reason
from concordat.postgres.replayed import Admission, Admissions, Copy
from concordat.stages.routed import RoutedRecord, SharedRecord

EXAMPLES = 10


class Standing(StrEnum):
    """What an admission is to a replay; only `DECIDES` has any effect."""

    DECIDES = "decides"  # it decided its event, and decides it again
    REPEAT = "repeat"
    UNDECIDED = "undecided"  # the exchange has not come to it yet
    UNREADABLE = "unreadable"


def standing_of(admission: Admission, routed: RoutedRecord, known: Admissions) -> Standing:
    """Return what the admission is, that was decided again as `routed`."""
    if not routed.publisher:
        return Standing.UNREADABLE
    if admission in known.firsts:
        return Standing.DECIDES
    return Standing.REPEAT if admission in known.repeats else Standing.UNDECIDED


def to_give(routed: RoutedRecord, copies: Mapping[str, Copy]) -> list[SharedRecord]:
    """Return the deliveries that the inbox lacks, or holds uncollected under a lower version."""
    return [
        shared
        for shared in routed.shared
        if (copy := copies.get(shared.id)) is None
        or (not copy.collected and copy.version < shared.version)
    ]


@dataclass(slots=True)
class ReplayCount:
    """Admissions, and of those that decide: what becomes of them for the agency.

    An event is in one of `delivering`, `delivered` (all of it is in the inbox), `withheld` (by
    reason and field) or `unnamed` (no agreement names the agency for such events).
    """

    admissions: Counter[Standing] = field(default_factory=Counter)
    delivering: int = 0
    delivered: int = 0
    unnamed: int = 0
    withheld: Counter[tuple[Reason, str | None]] = field(default_factory=Counter)
    new: int = 0
    replaced: int = 0
    shares: Counter[tuple[str, str]] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    def add(
        self, routed: RoutedRecord, standing: Standing, copies: Mapping[str, Copy]
    ) -> list[SharedRecord]:
        """Count one admission; return the deliveries that a replay of it gives."""
        self.admissions[standing] += 1
        if standing is not Standing.DECIDES:
            return []
        giving = to_give(routed, copies)
        if giving:
            self._give(routed.id, giving, copies)
        elif routed.shared:
            self.delivered += 1
        elif not routed.withheld:
            self.unnamed += 1
        for withheld in routed.withheld:
            self.withheld[withheld.reason, withheld.field] += 1
        return giving

    def _give(self, event_id: str, giving: list[SharedRecord], copies: Mapping[str, Copy]) -> None:
        self.delivering += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(event_id)
        for shared in giving:
            if shared.id in copies:
                self.replaced += 1
            else:
                self.new += 1
            self.shares.update((shared.agreement, share) for share in shared.shares)

    def as_json(self) -> dict[str, Any]:
        """The object that `concordat replay --json` prints."""
        return {
            "admissions": {standing.value: self.admissions[standing] for standing in Standing},
            "delivering": self.delivering,
            "delivered": self.delivered,
            "unnamed": self.unnamed,
            "withheld": [
                {"reason": reason, "field": field, "events": count}
                for (reason, field), count in self.withheld.most_common()
            ],
            "deliveries": {"new": self.new, "replaced": self.replaced},
            "shares": [
                {"agreement": agreement, "share": share, "deliveries": count}
                for (agreement, share), count in self.shares.most_common()
            ],
            "examples": self.examples,
        }
