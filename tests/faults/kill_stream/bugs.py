"""Mistakes in a stage and its worker that kill-stream must find."""

import os
from collections.abc import Sequence
from typing import Any

import pytest

from concordat.stages.record import Output, Record
from concordat.stages.route import Turn
from concordat.streams.loop import StageLoop
from faults.bar import Plant


def commit_before_writing(patch: pytest.MonkeyPatch) -> None:
    """Commit the input first: what is not written yet when the process dies is lost."""
    consume, produce, commit = StageLoop._consume, StageLoop._produce, StageLoop._commit
    in_hand: list[Record] = []

    def remember(loop: StageLoop, wait: float) -> list[Record]:
        in_hand[:] = consume(loop, wait)
        return list(in_hand)

    def early(loop: StageLoop, outputs: Sequence[Output]) -> None:
        commit(loop, in_hand)
        produce(loop, outputs)

    patch.setattr(StageLoop, "_consume", remember)
    patch.setattr(StageLoop, "_produce", early)


def key_by_event(patch: pytest.MonkeyPatch) -> None:
    """Write each event under a key of its own: a case is then in no order."""
    produce = StageLoop._produce

    def scattered(loop: StageLoop, outputs: Sequence[Output]) -> None:
        produce(loop, [each._replace(key=each.value[:400]) for each in outputs])

    patch.setattr(StageLoop, "_produce", scattered)


def compare_by_process(patch: pytest.MonkeyPatch) -> None:
    """Let what tells a repeat from a conflict depend on the process that writes it."""
    content = Turn._content

    def ours(turn: Turn, value: bytes, incident: Any) -> str:
        return content(turn, value + b"%d" % os.getpid(), incident)

    patch.setattr(Turn, "_content", ours)


BUGS: dict[str, Plant] = {
    "commit-before-writing": commit_before_writing,
    "key-by-event": key_by_event,
    "compare-by-process": compare_by_process,
}
