"""Which number a copy gets: without gaps, once, and anew only where a replay replaces it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from concordat.agreements.reason import Reason
from concordat.deliver.rows import Copy, DeliveryRow, StubRow


@dataclass(frozen=True, slots=True)
class Stored:
    """A copy that is in its inbox already."""

    seq: int
    version: int
    collected: bool
    acknowledged_at: datetime | None = None


@dataclass(slots=True)
class Numbered:
    """Copies to insert and to replace, the stubs of the numbers they leave, every last number.

    `given` are the copies that got a number, in order.
    """

    last: dict[str, int]
    inserted: list[tuple[int, DeliveryRow]] = field(default_factory=list)
    replaced: dict[Copy, tuple[int, DeliveryRow]] = field(default_factory=dict)
    stubs: list[StubRow] = field(default_factory=list)
    given: list[DeliveryRow] = field(default_factory=list)

    def next_for(self, agency: str) -> int:
        """Take the next number of an inbox."""
        self.last[agency] += 1
        return self.last[agency]


def number(
    deliveries: Iterable[DeliveryRow], last: Mapping[str, int], taken: Mapping[Copy, Stored]
) -> Numbered:
    """Number the deliveries from each agency's last number on, without gaps.

    A copy that is `taken`, or came before, gets none and stays as it is: but where a replay decided
    it under a newer version and nobody has collected it, it takes the old one's place under a new
    number.
    """
    numbered = Numbered(dict(last))
    stored = dict(taken)
    for delivery in deliveries:
        before = stored.get(delivery.copy)
        if before is not None and not _replaces(delivery, before):
            continue
        seq = numbered.next_for(delivery.agency)
        if before is None:
            numbered.inserted.append((seq, delivery))
        else:
            numbered.replaced[delivery.copy] = seq, delivery
            numbered.stubs.append(_stub(delivery, before, seq))
        stored[delivery.copy] = Stored(seq, delivery.version, collected=False)
        numbered.given.append(delivery)
    return numbered


def _replaces(delivery: DeliveryRow, before: Stored) -> bool:
    replayed = delivery.replay is not None
    return replayed and not before.collected and before.version < delivery.version


def _stub(delivery: DeliveryRow, before: Stored, seq: int) -> StubRow:
    reason = Reason.DECIDED_AGAIN.value
    return StubRow(delivery.agency, before.seq, delivery.id, reason, seq, before.acknowledged_at)
