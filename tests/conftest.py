"""The stack that tests run on, once a session: a real Kafka and a real PostgreSQL.

`CONCORDAT_TEST_STACK` chooses it; a stack that is asked for and cannot be had is a failure,
never a skip. Tests that kill or restart a server start embedded ones of their own.
"""

import signal
from collections.abc import Iterator

import pytest

from chosen_stack import Servers, StackMissing, open_chosen_stack


def pytest_configure() -> None:
    """Undo what a shell without a terminal does to its background jobs: they ignore these two.

    Processes that tests start and end by these signals would inherit that.
    """
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def infrastructure() -> Iterator[Servers]:
    """Kafka and PostgreSQL, empty but on an external stack; gone at the end of the session."""
    try:
        with open_chosen_stack() as servers:
            yield servers
    except StackMissing as missing:
        pytest.exit(str(missing), returncode=1)  # one sentence, not one a test


@pytest.fixture(scope="session")
def kafka(infrastructure: Servers) -> str:
    """Bootstrap servers of the session's Kafka. Take a topic prefix of your own."""
    return infrastructure.kafka


@pytest.fixture(scope="session")
def postgres(infrastructure: Servers) -> str:
    """DSN of the superuser of the session's PostgreSQL. Make a database of your own."""
    return infrastructure.postgres
