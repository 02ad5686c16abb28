"""An awaitable that raises at the n-th place where it waits, before or after what it waits for.

Its end counts as a place too: who waits for it is told of an error although all was done.
"""

import asyncio
from collections.abc import Coroutine, Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from faults.fail_closed.injected import ERRORS, WHEN, When


@dataclass
class Interruption:
    """Where to raise, counted over everything that goes through it; what was met.

    Without a place it only counts.
    """

    nth: int = 0
    when: When = "after"
    error: str = "unheard-of"
    waits: int = 0
    fired: bool = False
    came_out: BaseException | None = None
    """The error that left the work: a client in it may put one of its own in front."""

    def here(self, when: When) -> bool:
        """Whether this is the place; only once."""
        if self.fired or (self.waits, self.when) != (self.nth, when):
            return False
        self.fired = True
        return True

    async def through(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Do `work`, raising in it where it is told to."""
        try:
            return await _Interrupted(work, self)
        except BaseException as error:
            self.came_out = error
            raise


def everywhere(waits: int, errors: Iterable[str]) -> Iterator[Interruption]:
    """One interruption before and after each of so many waits, with each error."""
    for error in errors:
        for nth in range(1, waits + 1):
            yield from (Interruption(nth, when, error) for when in WHEN)


class _Interrupted:
    def __init__(self, work: Coroutine[Any, Any, Any], interruption: Interruption) -> None:
        self._work, self._interruption = work, interruption

    def __await__(self) -> Generator[Any, Any, Any]:
        steps, interruption = self._work, self._interruption
        error: BaseException | None = None
        given: Any = None
        while True:
            try:
                waited = steps.send(given) if error is None else steps.throw(error)
            except StopIteration as done:
                interruption.waits += 1
                if interruption.here("after"):
                    raise ERRORS[interruption.error]() from None
                return done.value
            interruption.waits += 1
            given, error = None, None
            if interruption.here("before"):
                _leave_alone(steps, waited)
                error = ERRORS[interruption.error]()
                continue
            try:
                given = yield waited
            except BaseException as raised:  # noqa: BLE001 - it goes on to where it is for
                error = raised
            if error is None and interruption.here("after"):
                error = ERRORS[interruption.error]()


def _leave_alone(work: Coroutine[Any, Any, Any], waited: Any) -> None:
    """Nobody waits for it any more: the mark that somebody does must not stay.

    Nor must a socket that is closed while the loop still waits for it to connect: the next one of
    its number would be deaf.
    """
    if isinstance(waited, asyncio.Future):
        waited._asyncio_future_blocking = False
        if _innermost(work) == "sock_connect":
            waited.cancel()


def _innermost(work: Any) -> str:
    """The name of the coroutine that waits, however deep."""
    name = ""
    while work is not None:
        name = getattr(work, "__name__", name)
        work = getattr(work, "cr_await", None) or getattr(work, "gi_yieldfrom", None)
    return name
