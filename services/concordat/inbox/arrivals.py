"""Who waits for which inbox, and waking them."""

import asyncio


class Arrivals:
    """Wakes the readers of an inbox when something arrives in it.

    Take `next` *before* looking into the inbox and wait for it afterwards: what arrives in
    between is then never missed. Every wake-up may be for nothing; look again.
    """

    def __init__(self) -> None:
        self._events: dict[str, asyncio.Event] = {}
        self._closed = False
        self.connected = False

    @property
    def closed(self) -> bool:
        """True once the process is stopping: nobody should wait any more."""
        return self._closed

    def next(self, agency: str) -> asyncio.Event:
        """Return what is set at the next arrival in the inbox of `agency`."""
        event = self._events.setdefault(agency, asyncio.Event())
        if self._closed:
            event.set()
        return event

    def announce(self, agency: str) -> None:
        """Wake the readers of one inbox."""
        event = self._events.pop(agency, None)
        if event is not None:
            event.set()

    def announce_all(self) -> None:
        """Wake everybody: arrivals may have been missed."""
        for agency in list(self._events):
            self.announce(agency)

    def close(self) -> None:
        """Wake everybody for good."""
        self._closed = True
        self.announce_all()
