"""kill -9 of admit and route at random moments and at every point of their loops."""

import asyncio
from collections.abc import Sequence

import pytest

from concordat.stages.record import Output, Record
from concordat.streams.loop import StageLoop
from faults.bar import Bar, Ground
from faults.load import Load
from faults.outcome import claim_exact, read_outcome
from faults.rig import open_rig


async def run(ground: Ground) -> None:
    """A first cut: a few kills at points; the rest of the bar follows."""
    async with open_rig(ground) as rig:
        await asyncio.to_thread(rig.start_all, admit=2, route=2, deliver=2)
        load = Load(rig)
        publishing = asyncio.create_task(load.run(400))
        kills = 0
        for point in ("consumed", "produced", "acknowledged", "committed"):
            for service in ("admit", "route"):
                worker = rig.of(service)[0]
                worker.orders.give("kill", point)
                await asyncio.to_thread(worker.exit_code)
                kills += 1
                rig.start(service, worker.instance)
        publishing.cancel()
        await asyncio.wait([publishing])
        await rig.until_drained()
        claim_exact(ground.findings, await read_outcome(rig), load.identities())
        ground.findings.least(8, kills=kills)


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


BAR = Bar("kill-stream", ("P2", "P4"), run, 90, {"commit-before-writing": commit_before_writing})
