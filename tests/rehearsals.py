"""Crimes of the past, and agreements to rehearse over them."""

from collections.abc import Iterable
from typing import Any

import msgspec

from builders import agreement_of, crime, share_of
from concordat.agreements.document import Agreement
from concordat.agreements.rehearsing.rehearsal import Rehearsal, Rehearsed, read_past_event

CATEGORIES = ("drugs", "robbery", "burglary")


def line(number: int, /, data: dict[str, Any] | None = None, **changes: Any) -> bytes:
    event = {**crime(**(data or {})), "id": f"crime-{number:06d}", **changes}
    return msgspec.json.encode(event)


def rehearsed(
    lines: Iterable[bytes], new: Agreement, old: Agreement | None = None, **options: Any
) -> Rehearsed:
    rehearsal = Rehearsal(new, old, **options)
    for each in lines:
        rehearsal.add(read_past_event(each))
    return rehearsal.result()


def when(**changes: Any) -> Agreement:
    """Social care gets the crimes for which one condition holds."""
    return agreement_of(shares=[share_of(when=[changes])])
