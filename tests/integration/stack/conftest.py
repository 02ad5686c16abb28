from collections.abc import Iterator
from pathlib import Path

import pytest

from concordat.stack.embedded import EmbeddedInfrastructure, Infrastructure
from concordat.stack.state_directory import StateDirectory


@pytest.fixture(scope="module")
def running_state(tmp_path_factory: pytest.TempPathFactory) -> StateDirectory:
    return StateDirectory(tmp_path_factory.mktemp("stack") / "state")


@pytest.fixture(scope="module")
def running(running_state: StateDirectory) -> Iterator[Infrastructure]:
    """One started infrastructure for the tests that leave it running."""
    servers = EmbeddedInfrastructure(running_state, lambda _: None)
    yield servers.start()
    servers.destroy()


@pytest.fixture
def state(tmp_path: Path) -> StateDirectory:
    return StateDirectory(tmp_path / "state")
