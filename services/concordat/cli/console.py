"""Data to stdout, progress to stderr; how a command ends."""

import json
import sys
from typing import Any, NoReturn

import typer
from rich.console import Console

OK = 0
NEGATIVE = 1  # the command worked and the answer is no: faults, differences, refusals
USAGE = 2
UNAVAILABLE = 69  # no stack there, or it cannot be reached (EX_UNAVAILABLE)
FAILED = 70  # a defect of ours (EX_SOFTWARE)
TRY_AGAIN = 75  # it may work later (EX_TEMPFAIL)

EXIT_CODES = (
    "Exit codes: 0 done; 1 the answer is no (faults, differences, refusals); 2 wrong usage; "
    "69 no stack there or not reachable; 70 a defect; 75 try again later."
)

progress = Console(stderr=True, highlight=False)


def say(sentence: str) -> None:
    """Tell a person what happens, on stderr."""
    progress.print(sentence, markup=False, soft_wrap=True)  # one line stays one, also in a file


def put(text: str) -> None:
    """Write data to stdout."""
    sys.stdout.write(text + "\n")


def put_json(value: Any) -> None:
    """Write one JSON object to stdout."""
    put(json.dumps(value, ensure_ascii=False))


def fail(sentence: str, code: int) -> NoReturn:
    """Say why and leave with `code`."""
    progress.print(f"concordat: {sentence}", markup=False, style="red", soft_wrap=True)
    raise typer.Exit(code)
