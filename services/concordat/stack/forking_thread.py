"""The thread that forks: its end is what children take for the death of their parent."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")


class ForkingThread:
    """One thread that forks all children and outlives them.

    The kernel sends a child its death signal when the *thread* that forked it ends, not when the
    process does. A child forked from a pool or a start-up thread would be killed with it.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="forking")

    def run(self, fork: Callable[[], Result]) -> Result:
        """Return `fork()` as called in the thread."""
        return self._thread.submit(fork).result()

    def close(self) -> None:
        """End the thread; children it forked that still run are sent their death signal."""
        self._thread.shutdown()
