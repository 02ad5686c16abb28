"""What becomes of one sent field for one recipient, from one agreement to another."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from concordat.agreements.comparison.reach import Ends


class Verdict(StrEnum):
    """How the events for which a field is sent differ; gains first."""

    NEW = "NEW"
    WIDER = "WIDER"  # for more events; whether also for fewer is said beside it
    MAY_WIDEN = "MAY_WIDEN"  # too large to tell exactly
    NARROWER = "NARROWER"
    MAY_NARROW = "MAY_NARROW"  # certainly not wider; too large to tell more
    GONE = "GONE"
    SAME = "SAME"


GAINS = frozenset({Verdict.NEW, Verdict.WIDER, Verdict.MAY_WIDEN})


@dataclass(frozen=True, slots=True)
class Example:
    """Some of the events in question: what they hold in the fields that matter (None: nothing).

    `unsigned` names the required third parties that have not signed in it.
    """

    values: Mapping[str, Any]
    unsigned: tuple[str, ...] = ()

    def __str__(self) -> str:
        facts = [_said(path, value) for path, value in self.values.items()]
        facts += [f"{agency} has not signed" for agency in self.unsigned]
        return " and ".join(facts) or "always"


@dataclass(frozen=True, slots=True)
class Given:
    """The shares that can give the field, and their laws."""

    shares: tuple[str, ...] = ()
    laws: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """One row: `field` is a sent name, or None for the delivery itself, which tells by existing.

    `also_narrower` is None when that is too large to tell. `part_of` names what was sent before
    and says at least as much as this coarsening, wherever it is sent now.
    """

    ends: Ends
    field: str | None
    before: Given
    now: Given
    verdict: Verdict
    gained: Example | None = None
    lost: Example | None = None
    also_narrower: bool | None = False
    part_of: tuple[str, ...] = ()

    @property
    def gain(self) -> bool:
        """Whether the recipient learns, or may learn, what it did not before."""
        return self.verdict in GAINS and not self.part_of

    @property
    def moved(self) -> bool:
        """Whether the field comes under other laws than before."""
        return bool(self.before.laws and self.now.laws) and self.before.laws != self.now.laws


def _said(path: str, value: Any) -> str:
    if value is None:
        return f"{path} is missing"
    if value == []:
        return f"{path} holds none of the codes named"
    if isinstance(value, list):
        return f"{path} includes {', '.join(_written(each) for each in value)}"
    return f"{path} is {_written(value)}"


def _written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
