"""A bar for work whose size is known, on a terminal; nothing elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from concordat.cli.console import progress

Advance = Callable[[int, int], None]
"""Told how much of the whole is done, and how many events that were."""


@contextmanager
def progress_bar(what: str, total: int) -> Iterator[Advance]:
    """Show on stderr how much of `total` is done."""
    bar = Progress(
        TextColumn(what),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[events]} events"),
        TimeRemainingColumn(),
        console=progress,
        disable=not progress.is_terminal,
    )
    task = bar.add_task(what, total=total, events=0)
    with bar:
        yield lambda done, events: bar.update(task, completed=done, events=events)
        bar.update(task, completed=total)
