"""What a bar found: figures, and the claims about them that do not hold."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Findings:
    """Figures by name; `broken` says in a sentence each what must hold and does not."""

    figures: dict[str, Any] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    crashed: bool = False
    """The bar itself went wrong: what it says of the product, good or bad, counts for nothing."""

    @property
    def hold(self) -> bool:
        """Whether every claim holds, and there was one."""
        return not self.broken and not self.crashed and bool(self.figures)

    @property
    def refuted(self) -> bool:
        """Whether a claim does not hold: what a planted bug must come to."""
        return bool(self.broken) and not self.crashed

    def none(self, **counts: int) -> None:
        """Report counts that must be 0."""
        for name, count in counts.items():
            self._claim(name, count, count == 0, "must be 0")

    def least(self, least: float, **figures: float) -> None:
        """Report figures that must be at least so much; denominators are such."""
        for name, value in figures.items():
            self._claim(name, value, value >= least, f"must be at least {least}")

    def most(self, most: float, **figures: float) -> None:
        """Report figures that must be at most so much."""
        for name, value in figures.items():
            self._claim(name, value, value <= most, f"must be at most {most}")

    def same(self, expected: Any, **values: Any) -> None:
        """Report values that must equal `expected`."""
        for name, value in values.items():
            self._claim(name, value, value == expected, f"must be {expected}")

    def fail(self, sentence: str) -> None:
        """Report what went wrong without a figure."""
        self.broken.append(sentence)

    def end_by(self, error: BaseException, limit: float | None = None) -> None:
        """Report what ended the bar; `limit` is that of its minutes, where it was reached.

        A wait in vain is about the product, any other error about the bar.
        """
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        if isinstance(error, TimeoutError):
            self.fail(f"it did not end within {limit:g} minutes" if limit else "it waited in vain")
        elif isinstance(error, AssertionError):  # says what was waited for
            self.fail(str(error)[:300])
        else:
            self.crashed = True
            self.fail(f"it failed: {type(error).__name__}: {str(error)[:300]}")

    def _claim(self, name: str, value: Any, holds: bool, what: str) -> None:
        self.figures[name] = value
        if not holds:
            self.broken.append(f"{name} is {value}, {what}")
