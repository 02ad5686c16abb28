"""Is anything late, for whom and why: lag, verdicts and what is withheld, in one look."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from concordat.agreements.day import rfc3339
from concordat.kafka.lag import Lag
from concordat.postgres.withheld import WithheldCount
from concordat.stack.lag_watch import InboxJudged
from concordat.stack.verdict import Judged, Verdict


@dataclass(frozen=True, slots=True)
class StageJudged:
    """One topic of a stage, and how the stage does with it."""

    lag: Lag
    judged: Judged


@dataclass(frozen=True, slots=True)
class LagReport:
    """Stages in the order of the flow, inboxes and withheld counts by agency.

    `judged_by_book` is false when the register could not be read: then nothing is known to be held.
    """

    stages: list[StageJudged]
    inboxes: list[InboxJudged]
    withheld: list[WithheldCount]
    judged_by_book: bool = True

    @property
    def well(self) -> bool:
        """Whether everybody keeps up."""
        return all(each.verdict is Verdict.KEEPING_UP for each in self._verdicts())

    def _verdicts(self) -> Iterator[Judged]:
        yield from (each.judged for each in self.stages)
        yield from (each.judged for each in self.inboxes)

    def as_json(self) -> dict[str, Any]:
        """The object that `concordat lag --json` prints."""
        return {
            "stages": [{**asdict(each.lag), **asdict(each.judged)} for each in self.stages],
            "inboxes": [_inbox(each) for each in self.inboxes],
            "withheld": [asdict(each) for each in self.withheld],
            "judged_by_book": self.judged_by_book,
        }


def _inbox(each: InboxJudged) -> dict[str, Any]:
    since = each.lag.overdue_since
    told = {**asdict(each.lag), "overdue_since": rfc3339(since) if since else None}
    return {**told, **asdict(each.judged)}
