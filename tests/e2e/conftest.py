"""One exchange for every test that leaves it as it was."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

from concordat.stack.embedded import forget
from concordat.stack.state_directory import StateDirectory
from e2e.up import Up, running

SHARING = {"test_publish.py", "test_questions.py", "test_traps.py", "test_while_it_runs.py"}
"""The files that use `played`: one worker takes them all, so that it is played once."""


class Scheduling(LoadFileScheduling):
    """A file's tests, and those of the files that share an exchange, go to one worker."""

    def _split_scope(self, nodeid: str) -> str:
        path, *_ = nodeid.partition("::")
        return "played" if Path(path).name in SHARING else path


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling:
    """Distribute these tests by what they start."""
    return Scheduling(config, log)


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """`concordat up --demo`, the demonstration played; tests add to it and stop nothing."""
    state = tmp_path_factory.mktemp("played") / "state"
    with running(state, "--demo") as up:
        yield up
    forget(StateDirectory(state), lambda _: None)
