"""An operator's replay in a process of its own, as the command is; its progress can be watched."""

import asyncio
import multiprocessing
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from concordat.kafka.topics import Topics
from concordat.stack.replay import Replay
from faults.replaying import open_replays, whole_log
from faults.rig import Rig
from faults.worker import plant
from forked_process import ForkedProcess

_PROCESSES = multiprocessing.get_context("forkserver")
_ENDED_WITHIN_SECONDS = 3600.0


@dataclass
class RunningReplay:
    """Decides the whole log again for one agency; `looked_at` counts admissions."""

    process: ForkedProcess
    _looked_at: Any
    _given: Any

    @property
    def looked_at(self) -> int:
        """How many admissions it has decided again so far."""
        return int(self._looked_at.value)

    async def given(self) -> int:
        """Wait for its end; return how many deliveries got a number."""
        code = await asyncio.to_thread(self.process.exit_code, _ENDED_WITHIN_SECONDS)
        assert code == 0, f"the replay failed: {self.process.tail()}"
        return int(self._given.value)


@asynccontextmanager
async def running_replay(rig: Rig, agency: str) -> AsyncIterator[RunningReplay]:
    """Start a replay; it is ended at the latest on leaving."""
    looked_at, given = _PROCESSES.Value("q", 0), _PROCESSES.Value("q", 0)
    topics, log = rig.exchange.topics, rig.folder / "replay.log"
    about = (rig.exchange.kafka, topics.prefix, rig.auditor_dsn(), agency, rig.planted)
    process = await asyncio.to_thread(ForkedProcess, _work, {}, log, *about, looked_at, given)
    try:
        yield RunningReplay(process, looked_at, given)
    finally:
        await asyncio.to_thread(process.kill)


def _work(
    kafka: str,
    prefix: str,
    dsn: str,
    agency: str,
    bug: str | None,
    looked_at: Any,
    given: Any,
) -> None:
    if bug is not None:
        plant(bug)
    given.value = asyncio.run(_replay(kafka, Topics(prefix), dsn, agency, looked_at))


async def _replay(kafka: str, topics: Topics, dsn: str, agency: str, looked_at: Any) -> int:
    def told(count: int) -> None:
        looked_at.value = count

    async with open_replays(kafka, topics, dsn) as parts:
        stretches = await whole_log(parts)
        return await Replay(parts, f"replay-{uuid4().hex}", agency, stretches).write(told)
