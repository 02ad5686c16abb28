"""One exchange for every test that leaves it as it was."""

from collections.abc import Iterator

import pytest

from concordat.stack.embedded import forget
from concordat.stack.state_directory import StateDirectory
from e2e.up import Up, running


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """`concordat up --demo`, the demonstration played; tests add to it and stop nothing."""
    state = tmp_path_factory.mktemp("played") / "state"
    with running(state, "--demo") as up:
        yield up
    forget(StateDirectory(state), lambda _: None)
