"""A stage in a thread of the test's own process: composed as in production, without Faust."""

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

from concordat.runtime.clock import Clock, system_clock
from concordat.runtime.health import Health
from concordat.runtime.settings import Settings
from concordat.streams.loop import LEAVE_AFTER_SECONDS, LoopParts, StageLoop
from concordat.streams.service import compose_stage
from waiting import until


class StageThread:
    """Runs inside a `with` block; what ended it is in `error`."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        *,
        hook: Callable[[str], None] = lambda _point: None,
        clock: Clock = system_clock,
        patience: float = LEAVE_AFTER_SECONDS,
    ) -> None:
        composed = compose_stage(name, settings, hook=hook, clock=clock, patience=patience)
        self.parts: LoopParts = composed.parts
        self.error: BaseException | None = None
        self._loop = StageLoop(composed.parts)
        self._thread = threading.Thread(target=self._run, args=(composed.source,), daemon=True)

    @property
    def health(self) -> Health:
        """What its health endpoint would tell."""
        return self.parts.health

    @property
    def is_running(self) -> bool:
        """Whether its loop has not ended."""
        return self._thread.is_alive()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Let the batch in hand finish and wait for the end."""
        self._loop.stop.set()
        self._thread.join(60)
        assert not self.is_running, "the loop does not stop"

    def until_ended(self, seconds: float = 60) -> None:
        """Wait until the loop ends by itself."""
        until(lambda: not self.is_running, "the loop ends", seconds)

    def until_ready(self) -> None:
        """Wait until it works; fails with what ended it."""
        self._until(lambda: self.health.ready, "the stage is ready")

    def until_not_ready(self, reason: str) -> None:
        """Wait until it says that it does not work, and why."""
        self._until(lambda: self.health.reason == reason, f"not ready: {reason}")

    def _until(self, holds: Callable[[], bool], what: str) -> None:
        def holds_or_ended() -> bool:
            if self.error is not None:
                raise self.error
            return holds()

        until(holds_or_ended, what)

    def _run(self, source: str) -> None:
        try:
            self._loop.run(source)
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            self.error = error
