"""Deliver in a process of its own that kills itself at a point of its loop.

Arguments: the point, and how often it is passed before.
"""

import asyncio
import os
import signal
import sys

from concordat.deliver.service import DeliverOptions, run_deliver
from concordat.runtime.settings import Settings


def main(point: str, passes: int) -> None:
    """Run until killed."""
    left = passes

    def hook(reached: str) -> None:
        nonlocal left
        if reached == point:
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)

    asyncio.run(run_deliver(Settings(), asyncio.Event(), options=DeliverOptions(hook=hook)))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
