"""Worker processes: started in milliseconds from a server that has loaded everything once."""

import signal
import time
from collections.abc import Mapping
from pathlib import Path

import httpx

from faults.orders import Orders
from faults.worker import work
from forked_process import ForkedProcess
from waiting import until


class Worker(ForkedProcess):
    """One process of a service; `instance` tells it from its like."""

    def __init__(
        self,
        service: str,
        instance: str,
        environment: Mapping[str, str],
        folder: Path,
        bug: str | None = None,
        poison: bytes | None = None,
    ) -> None:
        self.service, self.instance = service, instance
        self._health = f"http://127.0.0.1:{environment.get('CONCORDAT_HEALTH_PORT') or 0}"
        if service == "inbox":
            self._health = f"http://127.0.0.1:{environment['CONCORDAT_PORT']}"
        orders = folder / f"{self.name}.order"
        self.orders = Orders(orders)
        log, given = folder / f"{self.name}.log", (service, orders, bug, poison)
        super().__init__(work, environment, log, *given)

    @property
    def name(self) -> str:
        """Service and instance."""
        return f"{self.service}-{self.instance}"

    def leave(self, seconds: float = 90) -> int:
        """Tell it to stop and wait for its end; returns its code."""
        self.send(signal.SIGTERM)
        return self.exit_code(seconds)

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
