"""One exchange for every test that leaves it as it was."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from concordat.stack.embedded import forget
from concordat.stack.state_directory import StateDirectory
from e2e.up import Up, running

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker takes all tests of the exchange that is shared, another takes a file."""
    for item in items:
        if item.path.is_relative_to(HERE):
            shares = "played" in getattr(item, "fixturenames", ())
            item.add_marker(pytest.mark.xdist_group("played" if shares else item.path.stem))


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """`concordat up --demo`, the demonstration played; tests add to it and stop nothing."""
    state = tmp_path_factory.mktemp("played") / "state"
    with running(state, "--demo") as up:
        yield up
    forget(StateDirectory(state), lambda _: None)
