"""Binding a child to its parent: when the parent dies, however it dies, so does the child."""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1


def bound_to_parent(death_signal: signal.Signals) -> Callable[[], None] | None:
    """Return what a forked child calls before it executes its program; None where unsupported.

    It runs after the change of user, which would clear the setting. Everything it needs is
    looked up before the fork: afterwards other threads' locks may be held for ever.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    prctl.argtypes = [ctypes.c_int, ctypes.c_ulong, ctypes.c_ulong, ctypes.c_ulong, ctypes.c_ulong]
    prctl.restype = ctypes.c_int
    number, parent = int(death_signal), os.getpid()
    kill, own_pid, parent_pid, at_once = os.kill, os.getpid, os.getppid, signal.SIGKILL

    def bind() -> None:
        prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)
        if parent_pid() != parent:  # it died before the setting took effect
            kill(own_pid(), at_once)

    return bind
