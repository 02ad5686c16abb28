from collections.abc import Iterator
from pathlib import Path

import pytest

from concordat.stack.forking_thread import ForkingThread
from concordat.stack.state_directory import StateDirectory


@pytest.fixture
def state(tmp_path: Path) -> Iterator[StateDirectory]:
    directory = StateDirectory(tmp_path / "state")
    directory.claim()
    yield directory
    directory.release()


@pytest.fixture
def forks() -> Iterator[ForkingThread]:
    thread = ForkingThread()
    yield thread
    thread.close()
