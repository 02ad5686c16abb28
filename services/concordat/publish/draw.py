"""Choices that look random and are the same in every run."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

Choice = TypeVar("Choice")


@dataclass(frozen=True, slots=True)
class Draw:
    """Draws that depend on `seed` and on each draw's own name, on nothing else.

    So a new draw, another order of draws or another event in the file changes none of the others.
    """

    seed: str

    def number(self, name: str, below: int) -> int:
        """Return a number from 0 up to, not including, `below`."""
        digest = hashlib.sha256(f"{self.seed}/{name}".encode()).digest()
        return int.from_bytes(digest[:8], "big") % below

    def pick(self, name: str, choices: Sequence[Choice]) -> Choice:
        """Return one of `choices`."""
        return choices[self.number(name, len(choices))]

    def chance(self, name: str, percent: int) -> bool:
        """Return True in `percent` of 100 seeds."""
        return self.number(name, 100) < percent

    def ref(self, name: str) -> str:
        """Return an opaque reference of 24 hex digits."""
        return hashlib.sha256(f"{self.seed}/{name}/ref".encode()).hexdigest()[:24]

    def part(self, name: str) -> "Draw":
        """Return the draws of one part, such as one person."""
        return Draw(f"{self.seed}/{name}")
