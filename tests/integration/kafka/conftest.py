from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange_on_kafka import KafkaExchange, open_exchange


@pytest.fixture
def exchange(kafka: str, tmp_path: Path) -> Iterator[KafkaExchange]:
    """Topics of the contract and a signed register, nothing running."""
    with open_exchange(kafka, tmp_path) as exchange:
        yield exchange
