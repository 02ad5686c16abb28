"""The grade of an event that a missing signature or a suspension keeps from somebody.

It is kept beside the decision so that an operator is told how many high grades wait for a
signature. Of every other event it stays where it is: in the event.
"""

from collections.abc import Iterable
from functools import cache
from typing import Any

import msgspec

from concordat.agreements.decision import Withheld
from concordat.agreements.reason import Reason
from concordat_events.catalogue import CATALOGUE
from concordat_events.leaves import Kind, leaves

UNSIGNED = frozenset(
    {
        Reason.UNSIGNED_BY_RECIPIENT,
        Reason.UNSIGNED_BY_PUBLISHER,
        Reason.UNSIGNED_BY_JOINT_CONTROLLER,
        Reason.UNSIGNED_BY_THIRD_PARTY,
    }
)
"""The reasons that a signature would end."""

COUNTED = UNSIGNED | {Reason.SUSPENDED}
"""The reasons whose events are counted by grade."""


class _Graded(msgspec.Struct):
    grade: Any = None


_read = msgspec.json.Decoder(_Graded).decode


def grade_of(event_type: str, data: msgspec.Raw, withheld: Iterable[Withheld]) -> str | None:
    """Return the code in `grade`, when the type has such a field and a counted reason withheld it.

    None for everything that is not one of the type's own codes. Never raises.
    """
    codes = _codes(event_type)
    if not codes or not any(each.reason in COUNTED for each in withheld):
        return None
    try:
        grade = _read(data).grade
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return grade if isinstance(grade, str) and grade in codes else None


@cache
def _codes(event_type: str) -> frozenset[str]:
    model = CATALOGUE.get(event_type)
    leaf = leaves(model).get("grade") if model else None
    return leaf.values if leaf and leaf.kind is Kind.CODE and not leaf.many else frozenset()
