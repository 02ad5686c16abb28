import asyncio
import datetime
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from concordat.stack.death import Death
from concordat.stack.errors import StackGaveUp
from concordat.stack.program import Program
from concordat.stack.restart_policy import RestartPolicy
from concordat.stack.stack import Stack
from concordat.stack.state_directory import StateDirectory
from concordat.stack.supervisor import Supervisor

IMPATIENT = RestartPolicy(first_seconds=0.01, ceiling_seconds=0.02)


class Ground:
    """A foundation whose death is said aloud."""

    def __init__(self) -> None:
        self.dead: Death | None = None
        self.stops: list[list[str]] = []
        self.state: StateDirectory | None = None

    def death(self) -> Death | None:
        return self.dead

    def stop(self) -> None:
        running = sorted(path.stem for path in self.state.run.iterdir()) if self.state else []
        self.stops.append(running)


class Notebook:
    def __init__(self) -> None:
        self.sentences: list[str] = []
        self.deaths: list[Death] = []

    def report(self, sentence: str) -> None:
        self.sentences.append(sentence)

    def died(self, death: Death) -> None:
        self.deaths.append(death)


def sleeper(name: str) -> Program:
    return Program(name, ("sleep", "60"))


def published_pids(state: StateDirectory) -> dict[str, int] | None:
    stack = state.read_stack()
    return None if stack is None else stack.pids


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - what is awaited lives in other processes
            await asyncio.sleep(0.01)


async def run_with(
    supervisor: Supervisor, act: Callable[[], Awaitable[None]], stop: asyncio.Event | None = None
) -> None:
    stop = stop or asyncio.Event()
    running = asyncio.create_task(supervisor.run_until(stop))
    try:
        await act()
    finally:
        stop.set()
        await running


async def test_services_stop_in_reverse_order_and_the_foundation_after_them(
    state: StateDirectory,
) -> None:
    ground, notebook = Ground(), Notebook()
    ground.state = state
    supervisor = Supervisor(state, ground, [sleeper("admit"), sleeper("route")], notebook)

    async def act() -> None:
        await until(lambda: len(supervisor.pids) == 2)

    await run_with(supervisor, act)
    assert notebook.sentences[-2:] == ["stopping route", "stopping admit"]
    assert notebook.deaths == []
    assert ground.stops == [[]]
    assert supervisor.pids == {}


async def test_a_service_that_dies_is_named_with_the_end_of_its_log_and_restarted(
    state: StateDirectory,
) -> None:
    notebook = Notebook()
    dying = Program("route", (sys.executable, "-c", "print('so it ended'); raise SystemExit(9)"))
    once = RestartPolicy(first_seconds=0.01, deaths=3)
    supervisor = Supervisor(state, Ground(), [sleeper("admit"), dying], notebook, policy=once)
    with pytest.raises(StackGaveUp):
        await supervisor.run_until(asyncio.Event())
    assert notebook.deaths == [Death("route", 9, ("so it ended",))] * 3
    assert "route ended with code 9; starting it again in 0.01 s" in notebook.sentences


async def test_a_killed_service_comes_back_under_a_new_pid_that_is_published(
    state: StateDirectory,
) -> None:
    state.write_stack(
        Stack(
            kafka="127.0.0.1:21000",
            postgres_host="127.0.0.1",
            postgres_port=21001,
            postgres_database="concordat",
            started_at=datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC),
            state=state.path,
        )
    )
    notebook = Notebook()
    supervisor = Supervisor(state, Ground(), [sleeper("route")], notebook, policy=IMPATIENT)

    async def act() -> None:
        await until(lambda: supervisor.pids)
        first = supervisor.pids["route"]
        os.kill(first, signal.SIGKILL)
        await until(lambda: supervisor.pids.get("route", first) != first)
        await until(lambda: published_pids(state) == supervisor.pids)

    await run_with(supervisor, act)
    assert [str(death) for death in notebook.deaths] == ["route was ended by SIGKILL"]
    assert published_pids(state) == {}


async def test_the_fifth_death_within_a_minute_stops_everything_with_the_reason(
    state: StateDirectory,
) -> None:
    ground, notebook = Ground(), Notebook()
    ground.state = state
    dying = Program("route", ("false",))
    supervisor = Supervisor(state, ground, [sleeper("admit"), dying], notebook, policy=IMPATIENT)
    with pytest.raises(StackGaveUp) as ended:
        await supervisor.run_until(asyncio.Event())
    assert len(notebook.deaths) == 5
    assert ended.value.reason == ("route died 5 times within 60 s; last: route ended with code 1")
    assert ground.stops == [[]]
    assert supervisor.pids == {}


async def test_a_death_in_the_foundation_stops_everything_with_the_reason(
    state: StateDirectory,
) -> None:
    ground, notebook = Ground(), Notebook()
    ground.state = state
    supervisor = Supervisor(state, ground, [sleeper("admit")], notebook)
    running = asyncio.create_task(supervisor.run_until(asyncio.Event()))
    await until(lambda: supervisor.pids)
    ground.dead = Death("kafka", -signal.SIGKILL, ("last words",))
    with pytest.raises(StackGaveUp, match="kafka was ended by SIGKILL"):
        await running
    assert notebook.deaths == [ground.dead]
    assert ground.stops == [[]]
    assert supervisor.pids == {}


async def test_a_service_that_cannot_be_started_stops_what_was_started(
    state: StateDirectory, tmp_path: Path
) -> None:
    ground = Ground()
    ground.state = state
    missing = Program("route", (str(tmp_path / "missing"),))
    supervisor = Supervisor(state, ground, [sleeper("admit"), missing], Notebook())
    with pytest.raises(FileNotFoundError):
        await supervisor.run_until(asyncio.Event())
    assert ground.stops == [[]]


async def test_cancelling_stops_everything(state: StateDirectory) -> None:
    ground = Ground()
    ground.state = state
    supervisor = Supervisor(state, ground, [sleeper("admit")], Notebook())
    running = asyncio.create_task(supervisor.run_until(asyncio.Event()))
    await until(lambda: supervisor.pids)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert ground.stops == [[]]
    assert supervisor.pids == {}


# Asked to end, it waits for the other to have been asked too.
WAITS = """
import pathlib, signal, sys, time
own, other, ended = map(pathlib.Path, sys.argv[1:])
def end(*_):
    own.touch()
    while not other.exists():
        time.sleep(0.01)
    ended.touch()
    sys.exit()
signal.signal(signal.SIGTERM, end)
print("ready", flush=True)
time.sleep(60)
"""


async def test_services_are_stopped_side_by_side(state: StateDirectory, tmp_path: Path) -> None:
    ground = Ground()
    ground.state = state
    pairs = (("admit", "route"), ("route", "admit"))
    programs = [
        Program(
            one, (sys.executable, "-c", WAITS, *(str(tmp_path / n) for n in (one, other, one * 2)))
        )
        for one, other in pairs
    ]
    supervisor = Supervisor(state, ground, programs, Notebook())

    async def act() -> None:
        logs = [state.logs / f"{name}.log" for name, _ in pairs]
        await until(lambda: all(log.exists() and log.read_text() for log in logs))

    await run_with(supervisor, act)
    assert names_in(tmp_path) >= {"admitadmit", "routeroute"}
