"""A bar: one promise put to the test, with figures that can fail."""

import random
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

import pytest

from faults.findings import Findings
from faults.stacks import Stacks

Size = Literal["smoke", "full"]
Plant = Callable[[pytest.MonkeyPatch], None]
"""Breaks the product on purpose, in the process that calls it."""
Value = TypeVar("Value")

SMOKE_MINUTES = 4.0


@dataclass(frozen=True)
class Bar:
    """What happens, how long it may take, and the bugs that it is known to find.

    `run` reports to `ground.findings`. It plants `ground.bug` in the processes that it starts
    (a `Rig` does) or in this one (`ground.planted()`).
    """

    name: str
    promises: tuple[str, ...]
    run: "Callable[[Ground], Awaitable[None]]"
    full_minutes: float
    bugs: Mapping[str, Plant]

    def minutes(self, size: Size) -> float:
        """The time limit."""
        return SMOKE_MINUTES if size == "smoke" else self.full_minutes


@dataclass
class Ground:
    """What a bar stands on: its size, its chance, a folder, the running stacks, a planted bug."""

    bar: Bar
    size: Size
    seed: int
    bug: str | None
    folder: Path
    stacks: Stacks
    findings: Findings = field(default_factory=Findings)

    def __post_init__(self) -> None:
        self.draw = random.Random(self.seed)

    def pick(self, *, smoke: Value, full: Value) -> Value:
        """One of two, by the size."""
        return smoke if self.size == "smoke" else full

    @property
    def planted_in_workers(self) -> str | None:
        """What a worker process is told to plant: `<bar>:<bug>`."""
        return f"{self.bar.name}:{self.bug}" if self.bug else None

    @contextmanager
    def planted(self) -> Iterator[None]:
        """Plant the bug in this process inside the block, if there is one."""
        with pytest.MonkeyPatch.context() as patch:
            if self.bug:
                self.bar.bugs[self.bug](patch)
            yield

    def figure(self, **figures: Any) -> None:
        """Report figures that are no claims."""
        self.findings.figures.update(figures)
