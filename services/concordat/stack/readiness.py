"""Waiting for a child to be ready."""

import time
from collections.abc import Callable

from concordat.stack.child import Child
from concordat.stack.errors import ChildDied, ChildNotReady

POLL_SECONDS = 0.025


def wait_until_ready(child: Child, ready: Callable[[], bool], seconds: float) -> None:
    """Return once `ready()`; raises ChildDied when it ended, ChildNotReady after `seconds`."""
    deadline = time.monotonic() + seconds
    while not ready():
        if death := child.death:
            raise ChildDied(death)
        if time.monotonic() > deadline:
            raise ChildNotReady(child.name, seconds)
        time.sleep(POLL_SECONDS)
