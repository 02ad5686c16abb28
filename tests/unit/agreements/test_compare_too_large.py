"""What cannot be told within the stated steps is said so, and never called the same."""

from itertools import combinations
from typing import Annotated

from pydantic import Field

from builders import agreement_of, share_of
from comparing import AGENCIES, Plain
from concordat.agreements.comparison.change import Verdict
from concordat.agreements.comparison.change_sentence import sentence_of
from concordat.agreements.comparison.compare import compare
from concordat_events.fields import Data, N

Hole = Annotated[int, Field(ge=0, le=8), N]


class Pigeons(Data):
    """Ten of them, and nine holes: two share one, but that takes long to see."""

    p0: Hole
    p1: Hole
    p2: Hole
    p3: Hole
    p4: Hole
    p5: Hole
    p6: Hole
    p7: Hole
    p8: Hole
    p9: Hole


def _pigeon_shares() -> list[Plain]:
    fields = list(Pigeons.model_fields)
    return [
        share_of(
            id=f"{one}-{other}-{hole}",
            event="test.pigeons-kept.v1",
            when=[{"field": one, "is": hole}, {"field": other, "is": hole}],
            send=["p0"],
        )
        for one, other in combinations(fields, 2)
        for hole in range(9)
    ]


def test_what_is_too_large_to_tell_is_said_and_never_the_same() -> None:
    parts = agreement_of(shares=_pigeon_shares())
    whole = agreement_of(shares=[share_of(event="test.pigeons-kept.v1", send=["p0"])])
    catalogue = {"test.pigeons-kept.v1": Pigeons}
    widened = compare(parts, whole, catalogue, AGENCIES)
    assert {row.verdict for row in widened.changes} == {Verdict.MAY_WIDEN}
    assert widened.gains == widened.changes
    assert "too many conditions to tell" in sentence_of(widened.changes[0])
    narrowed = compare(whole, parts, catalogue, AGENCIES)
    assert {row.verdict for row in narrowed.changes} == {Verdict.MAY_NARROW}
    assert narrowed.gains == ()
    # The same shares are the same, however many.
    assert {row.verdict for row in compare(parts, parts, catalogue, AGENCIES).changes} == {
        Verdict.SAME
    }
