"""A service of the exchange that dies where a test says.

`python crashing_service.py FOLDER NAME` is `concordat run NAME` with a `Fate` in FOLDER.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

from prometheus_client import CollectorRegistry

from concordat.deliver.readiness import Readiness
from concordat.deliver.service import DeliverOptions, run_deliver
from concordat.runtime.health import serve_health
from concordat.runtime.logs import configure_logs
from concordat.runtime.settings import Settings
from concordat.streams.service import run_stage
from waiting import until

PATIENCE_SECONDS = 600.0


class Fate:
    """What is to become of one service: files by which a test reaches into its process.

    While it is held it stands still: at its start, and at every point of its loop. A doomed one
    kills itself at a point; its next life begins held, so that nothing moves until it is released.
    """

    def __init__(self, folder: Path, service: str) -> None:
        self._held = folder / f"held-{service}"
        self._doom = folder / f"doom-{service}"
        self._passed = 0

    def hold(self) -> None:
        """Make it stand still as soon as it comes to a point, or starts."""
        self._held.touch()

    def release(self) -> None:
        """Let it go on."""
        self._held.unlink(missing_ok=True)

    def doom(self, point: str, passes: int) -> None:
        """Let it die at `point` once it has passed there `passes` times."""
        unfinished = self._doom.with_suffix(".new")
        unfinished.write_text(f"{point} {passes}")
        unfinished.replace(self._doom)

    def await_release(self) -> None:
        """Stand still while held."""
        until(lambda: not self._held.exists(), "the service is released", PATIENCE_SECONDS)

    def reach(self, point: str) -> None:
        """Come to a point of the loop."""
        self.await_release()
        if not self._doom.exists():
            return
        fatal, passes = self._doom.read_text().split()
        if point != fatal:
            return
        if self._passed < int(passes):
            self._passed += 1
            return
        self.hold()
        self._doom.unlink()
        os.kill(os.getpid(), signal.SIGKILL)


async def deliver(settings: Settings, fate: Fate) -> None:
    """Run deliver until SIGTERM."""
    stop, readiness = asyncio.Event(), Readiness()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    stop_health = serve_health(readiness, CollectorRegistry(), settings.host, settings.health_port)
    await run_deliver(settings, stop, readiness, DeliverOptions(hook=fate.reach))
    stop_health()


def main(folder: Path, service: str) -> None:
    """Run one service."""
    if service == "inbox":
        os.execv(sys.executable, [sys.executable, "-m", "concordat.cli.main", "run", "inbox"])
    fate = Fate(folder, service)
    fate.await_release()
    if service == "deliver":
        configure_logs("deliver-0")
        asyncio.run(deliver(Settings(), fate))
    else:
        run_stage(service, Settings(), hook=fate.reach)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
