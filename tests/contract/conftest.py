"""The demonstration's register, once a session: the folder, signed by all who sign."""

from pathlib import Path

import pytest

from concordat.agreements.book import Book
from contract.demonstration import demonstration_book


@pytest.fixture(scope="session")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    """The book of the demonstration."""
    return demonstration_book(Path(tmp_path_factory.mktemp("state")))
