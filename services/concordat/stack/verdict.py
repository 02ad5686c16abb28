"""Whether a stage keeps up, told from looks at its positions: Burrow's rules, pure.

A fixed threshold ("more than 1,000 behind") is wrong for a feed that carries ten records a day, so
nothing here knows a number of records: what counts is whether the position moves and the lag falls.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise


class Verdict(StrEnum):
    """Listed from the best to the worst."""

    KEEPING_UP = "keeping up"
    FALLING_BEHIND = "falling behind"
    STALLED = "stalled"
    REWOUND = "rewound"
    NO_MEMBERS = "no members"


WORSE = {verdict: place for place, verdict in enumerate(Verdict)}
"""How bad a verdict is: 0 is good."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict and the plain sentence that gives its reason."""

    verdict: Verdict
    reason: str


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at one partition: the next offset to process, the log's end, and when (seconds)."""

    position: int
    end: int
    at: float

    @property
    def behind(self) -> int:
        """Records not processed yet; never below 0."""
        return max(self.end - self.position, 0)


Place = tuple[str, int]
"""Topic and partition."""


def judge_partition(samples: Sequence[Sample]) -> Judged:
    """Judge one partition by two or more looks, oldest first; raises `ValueError` for fewer.

    A position beyond the log's end is no lead: the log was made anew and will be read from its
    start. A fall counts until the position is back where it had been.
    """
    if len(samples) < 2:
        raise ValueError("one look cannot tell whether anything moves")
    last, positions = samples[-1], [sample.position for sample in samples]
    if last.position > last.end:
        return Judged(
            Verdict.REWOUND,
            f"stands at {last.position}, beyond the log's end at {last.end}: the log was made anew",
        )
    if positions[-1] < max(positions):
        return Judged(Verdict.REWOUND, f"fell from {max(positions)} to {positions[-1]}")
    if any(sample.behind == 0 for sample in samples):
        return Judged(Verdict.KEEPING_UP, "nothing to do, or done to the end a moment ago")
    seconds = f"{last.at - samples[0].at:.0f} s"
    if len(set(positions)) == 1:
        reason = f"has stood at {last.position} for {seconds} with {last.behind} to do"
        return Judged(Verdict.STALLED, reason)
    if all(later.behind >= earlier.behind for earlier, later in pairwise(samples)):
        return Judged(
            Verdict.FALLING_BEHIND,
            f"went on by {positions[-1] - positions[0]} in {seconds}, and the {last.behind} to do "
            "never became fewer",
        )
    return Judged(Verdict.KEEPING_UP, f"{last.behind} to do, and they became fewer")


def judge_group(looks: Mapping[Place, Sequence[Sample]], members: int) -> Judged:
    """Judge a stage's group by its worst partition; without members nothing else matters."""
    if members == 0:
        return Judged(Verdict.NO_MEMBERS, "No process of this stage is running.")
    if not looks:
        return Judged(Verdict.KEEPING_UP, "There is no topic to read.")
    judged = {place: judge_partition(samples) for place, samples in sorted(looks.items())}
    (topic, partition), worst = max(judged.items(), key=lambda each: WORSE[each[1].verdict])
    if worst.verdict is Verdict.KEEPING_UP:
        behind = sum(samples[-1].behind for samples in looks.values())
        return Judged(worst.verdict, f"{behind} to do, and they become fewer." if behind else "")
    return Judged(worst.verdict, f"{topic}/{partition} {worst.reason}.")
