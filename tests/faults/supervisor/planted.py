"""`concordat` with a bug planted: `python planted.py BUG ARGUMENTS…`."""

import sys
from pathlib import Path
from typing import Any

import pytest

from concordat.cli.main import app
from concordat.stack.child import Child
from concordat.stack.kafka_broker import KafkaBroker
from concordat.stack.program import Program


def orphans(patch: pytest.MonkeyPatch) -> None:
    """Children are not bound to their parent."""
    patch.setattr("concordat.stack.child.bound_to_parent", lambda _signal: None)


def mute(patch: pytest.MonkeyPatch) -> None:
    """Nobody is told what a server's end means."""
    begin = Child.__init__

    def without_explanations(child: Child, program: Program, *rest: Any) -> None:
        begin(child, program, *rest)
        object.__setattr__(program, "explanations", {})

    patch.setattr(Child, "__init__", without_explanations)


def forgetful(patch: pytest.MonkeyPatch) -> None:
    """Kafka's storage is made anew at every start."""
    start = KafkaBroker.start

    def start_anew(broker: KafkaBroker) -> Child:
        broker._formatted.unlink(missing_ok=True)
        return start(broker)

    patch.setattr(KafkaBroker, "start", start_anew)


BUGS = {"orphans": orphans, "mute": mute, "forgetful": forgetful}
FILE = Path(__file__)

if __name__ == "__main__":
    BUGS[sys.argv.pop(1)](pytest.MonkeyPatch())
    app()
