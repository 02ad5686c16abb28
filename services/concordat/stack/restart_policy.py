"""When a service that died is started again, and when it is given up. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Life:
    """From start to death, in seconds of one monotonic clock."""

    started_at: float
    died_at: float

    @property
    def seconds(self) -> float:
        """How long it lived."""
        return self.died_at - self.started_at


@dataclass(frozen=True)
class RestartAfter:
    """Start it again after `seconds`."""

    seconds: float


@dataclass(frozen=True)
class GiveUp:
    """Stop everything; `reason` is a sentence that follows the service's name."""

    reason: str


@dataclass(frozen=True)
class RestartPolicy:
    """Exponential backoff that a settled life resets, and a limit on deaths in a window."""

    first_seconds: float = 0.2
    ceiling_seconds: float = 5.0
    settled_seconds: float = 10.0
    deaths: int = 5
    within_seconds: float = 60.0

    def decide(self, lives: Sequence[Life]) -> RestartAfter | GiveUp:
        """Decide after the last death; `lives` are one service's, oldest first, at least one."""
        now = lives[-1].died_at
        recent = sum(1 for life in lives if now - life.died_at < self.within_seconds)
        if recent >= self.deaths:
            return GiveUp(f"died {recent} times within {self.within_seconds:g} s")
        return RestartAfter(self._backoff(lives))

    def _backoff(self, lives: Sequence[Life]) -> float:
        unsettled = 0
        for life in reversed(lives):
            if life.seconds >= self.settled_seconds:
                break
            unsettled += 1
        delay = self.first_seconds * 2.0 ** min(max(unsettled - 1, 0), 32)
        return min(delay, self.ceiling_seconds)
