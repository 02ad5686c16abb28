"""Worker processes: started in milliseconds from a server that has loaded everything once."""

import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import msgspec

from faults.orders import Orders
from faults.worker import work
from forked_process import fork, stands_still
from waiting import until


class Worker:
    """One process of a service; `instance` tells it from its like."""

    def __init__(
        self,
        service: str,
        instance: str,
        environment: Mapping[str, str],
        folder: Path,
        bug: str | None = None,
    ) -> None:
        self.service, self.instance = service, instance
        self.log = folder / f"{service}-{instance}.log"
        self._health = f"http://127.0.0.1:{environment.get('CONCORDAT_HEALTH_PORT') or 0}"
        if service == "inbox":
            self._health = f"http://127.0.0.1:{environment['CONCORDAT_PORT']}"
        self.log.touch()
        self._said_from = self.log.stat().st_size
        orders = folder / f"{service}-{instance}.order"
        self.orders = Orders(orders)
        self._process = fork(work, environment, self.log, service, orders, bug)

    @property
    def name(self) -> str:
        """Service and instance."""
        return f"{self.service}-{self.instance}"

    @property
    def pid(self) -> int:
        """Its process id, also after its end."""
        pid = self._process.pid
        assert pid is not None
        return pid

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._process.is_alive()

    @property
    def is_standing_still(self) -> bool:
        """Whether SIGSTOP has reached it."""
        return stands_still(self.pid)

    def send(self, number: signal.Signals) -> None:
        """Send it a signal; without effect once it has ended."""
        if self.is_running:
            os.kill(self.pid, number)

    def exit_code(self, seconds: float = 60) -> int:
        """Wait for its end; negative when a signal ended it."""
        self._process.join(seconds)
        code = self._process.exitcode
        assert code is not None, f"{self.name} does not end"
        return code

    def kill(self) -> None:
        """End it with SIGKILL, however it stands, and wait for its end; idempotent."""
        self.send(signal.SIGKILL)
        self._process.join(30)

    def leave(self, seconds: float = 90) -> int:
        """Tell it to stop and wait for its end; returns its code."""
        self.send(signal.SIGTERM)
        return self.exit_code(seconds)

    def said(self, event: str) -> list[dict[str, Any]]:
        """The log lines of this event that this process wrote, in order."""
        return [line for line in self.lines() if line.get("event") == event]

    def lines(self) -> list[dict[str, Any]]:
        """Every structured line that it wrote."""
        texts = self.text().encode().splitlines()
        return [msgspec.json.decode(text) for text in texts if text.startswith(b"{")]

    def text(self) -> str:
        """Everything that this process wrote."""
        with self.log.open("rb") as file:
            file.seek(self._said_from)
            return file.read().decode(errors="replace")

    def tail(self, characters: int = 3000) -> str:
        """The end of its log."""
        return self.log.read_text(errors="replace")[-characters:]

    def ready(self) -> tuple[bool, str]:
        """Whether it says that it works, and its reason; (False, "") when it does not answer."""
        try:
            answer = httpx.get(f"{self._health}/health/ready", timeout=5, trust_env=False)
        except httpx.TransportError:
            return False, ""
        return answer.is_success, answer.text

    def until_ready(self, seconds: float = 90) -> None:
        """Wait until it says that it works; it was started with a health port."""
        deadline = time.monotonic() + seconds

        def holds() -> bool:
            assert self.is_running, f"{self.name} ended: {self.tail()}"
            return self.ready()[0]

        until(holds, f"{self.name} is ready", deadline - time.monotonic())
