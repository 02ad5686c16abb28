"""Where workers stand when records no longer flow: what they said last, and their stacks."""

import sys
from signal import SIGABRT

from faults.rig import Rig


def last_signs(rig: Rig) -> dict[str, list[str]]:
    """What each worker said last, and whether it runs and works."""
    return {
        worker.name: [
            f"running {worker.is_running}, ready {worker.ready()}",
            *(f"{line.get('timestamp')} {line.get('event')}" for line in worker.lines()[-5:]),
        ]
        for worker in rig.workers.values()
    }


def show_stacks(rig: Rig) -> None:
    """Write every worker's stacks to the bar's stderr; the worker ends by it."""
    for worker in rig.workers.values():
        worker.send(SIGABRT)  # faulthandler writes the stack of every thread
        worker.exit_code()
        sys.stderr.write(f"{worker.name}:\n{worker.tail(8000)}\n")
