"""`concordat up` over its life: busy ports, deaths below it, its own death, its end."""

import os
import signal
from collections.abc import Iterator
from dataclasses import astuple
from pathlib import Path

import pytest

from busy_ports import busy_ports
from concordat.stack.embedded import forget
from concordat.stack.exchange import ExchangePorts
from concordat.stack.state_directory import StateDirectory
from e2e.command import concordat
from e2e.inboxes import read_inboxes
from e2e.up import all_gone, running
from waiting import until

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "state"
    yield path
    forget(StateDirectory(path), lambda _: None)


def deliveries(state: Path) -> dict[str, list[str]]:
    """The ids of every inbox in order."""
    return {
        agency: [item["delivery"]["id"] for item in items]
        for agency, items in read_inboxes(state).items()
    }


def test_busy_ports_are_replaced_and_the_end_of_kafka_stops_everything(state: Path) -> None:
    preferred = astuple(ExchangePorts())
    with busy_ports(preferred), running(state) as up:
        stack = up.stack
        places = {"kafka": stack.kafka, "postgres": f":{stack.postgres_port}", "the API": stack.api}
        for port, (name, place) in zip(preferred, places.items(), strict=True):
            taken = str(place).rpartition(":")[2]
            assert taken != str(port)
            assert f"port {port} is busy: {name} listens on {taken}\n" in up.said
        below = up.processes
        os.kill(stack.pids["kafka"], signal.SIGKILL)
        assert up.process.wait(60) == 70
        assert "concordat: stopped: kafka was ended by SIGKILL\n" in up.said
        assert "kafka was ended by SIGKILL\n    " in up.said  # with the end of its log
        assert all_gone(below)
        assert up.state.read_stack() is None


def test_it_lives_through_deaths_and_goes_on_with_the_state_it_has(state: Path) -> None:
    with running(state, "--demo") as first:
        killed = first.stack.pids["deliver"]
        os.kill(killed, signal.SIGKILL)
        first.until_said("deliver was ended by SIGKILL; starting it again in 0.2 s")
        # Named first with the end of its log, which is JSON a line.
        assert 'deliver was ended by SIGKILL\n    {"' in first.said
        until(lambda: first.stack.pids.get("deliver") not in (None, killed), "deliver is back")
        before = deliveries(state)
        assert sum(map(len, before.values())) > 5000
        below, stack = first.processes, first.stack
        first.process.kill()
        assert first.process.wait(10) == -signal.SIGKILL
        until(lambda: all_gone(below), "nothing of it runs any more", 10)
        answer = concordat("lag", "--state", state, folder=state.parent)
        assert answer.code == 69, answer.err
    with running(state) as second:
        assert second.stack.pids.keys() == stack.pids.keys()
        assert not set(second.stack.pids.values()) & set(stack.pids.values())
        assert "0 topics made, 0 register records signed and written" in second.said
        assert deliveries(state) == before
        answer = concordat("lag", "--state", state, folder=state.parent)
        assert answer.code == 0, answer.err
        below = second.processes
        assert second.interrupt() == 0
        for name in ("inbox", "deliver", "route", "admit"):
            assert f"stopping {name}\n" in second.said
        assert all_gone(below)
        assert second.state.read_stack() is None
        assert list(second.state.run.iterdir()) == []
