"""The stack that tests run on, once a session: a real Kafka and a real PostgreSQL.

`CONCORDAT_TEST_STACK` chooses it; a stack that is asked for and cannot be had is a failure,
never a skip. Tests that kill or restart a server start embedded ones of their own.
"""

import signal
from collections.abc import Iterator

import pytest

from chosen_stack import Servers, StackMissing, open_chosen_stack

LONGEST = (
    "test_p2_nothing_lost.py",
    "test_faust_worker.py",
    "test_embedded.py",
    "test_kafka_cluster.py",
    "test_dead_letters.py",
    "test_direct_feed.py",
    "test_faults.py",
    "test_orphans.py",
    "test_class_archive.py",
    "test_broker_faults.py",
    "test_direct_topics.py",
    "test_held.py",
    "test_publisher_on_kafka.py",
    "test_questions.py",
    "test_explain.py",
    "test_up.py",
    "test_replay.py",
    "test_canaries.py",
    "test_withdrawal.py",
    "test_signing.py",
    "test_demo.py",
)
"""The files that take longest. Workers start with them; else one would end alone with one."""


def pytest_configure() -> None:
    """Undo what a shell without a terminal does to its background jobs: they ignore these two.

    Processes that tests start and end by these signals would inherit that.
    """
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first (with `--no-loadscope-reorder` workers keep this order)."""
    rank = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: rank.get(item.path.name, len(rank)))


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
