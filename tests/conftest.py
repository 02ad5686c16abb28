"""The stack that tests run on, once a session: a real Kafka and a real PostgreSQL.

`CONCORDAT_TEST_STACK` chooses it; a stack that is asked for and cannot be had is a failure,
never a skip.
"""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from concordat.stack.embedded import EmbeddedInfrastructure, Infrastructure
from concordat.stack.state_directory import StateDirectory


def pytest_configure() -> None:
    """Undo what a shell without a terminal does to its background jobs: they ignore these two.

    Processes that tests start and end by these signals would inherit that.
    """
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def infrastructure() -> Iterator[Infrastructure]:
    """Kafka and PostgreSQL, empty; stopped and deleted at the end of the session."""
    wanted = os.environ.get("CONCORDAT_TEST_STACK", "embedded")  # noqa: TID251 - the tests' own
    if wanted != "embedded":
        pytest.fail(f"the test stack {wanted!r} is not available; the embedded one is")
    folder = Path(tempfile.mkdtemp(prefix="concordat-test-"))
    servers = EmbeddedInfrastructure(StateDirectory(folder / "state"), _say_nothing)
    try:
        yield servers.start()
    finally:
        servers.destroy()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def kafka(infrastructure: Infrastructure) -> str:
    """Bootstrap servers of the session's Kafka. Take a topic prefix of your own."""
    return infrastructure.kafka


@pytest.fixture(scope="session")
def postgres(infrastructure: Infrastructure) -> str:
    """DSN of the superuser of the session's PostgreSQL. Make a database of your own."""
    return infrastructure.postgres


def _say_nothing(_sentence: str) -> None:
    """Tests need no progress."""
