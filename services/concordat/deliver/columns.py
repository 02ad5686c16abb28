"""Rows as one array a column, which is what `unnest` takes."""

from collections.abc import Iterable
from typing import Any


def columns(rows: Iterable[tuple[Any, ...]]) -> list[list[Any]]:
    """Turn rows into columns; there must be a row."""
    return [list(column) for column in zip(*rows, strict=True)]
