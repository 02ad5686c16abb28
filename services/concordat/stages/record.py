"""What goes into a stage and what comes out of it."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from concordat.agreements.book import Book

JSON = "application/json"


class Record(NamedTuple):
    """One record of a topic; its place is (topic, partition, offset)."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    content_type: str | None
    written_at: int = 0  # the log's append time, milliseconds since 1970
    log: str = ""  # which topic of this name it is (KIP-516), where that was asked


class Output(NamedTuple):
    """One record to write."""

    topic: str
    key: bytes
    value: bytes
    content_type: str


Stage = Callable[[Sequence[Record], Book, datetime], list[Output]]
"""A pure function: a batch, the book, the time; never raises for what a record holds."""
