"""A change in words."""

import pytest

from comparing import HIGH, MEDIUM, Plain, agreement, rows_of, share, with_conditions
from concordat.agreements.comparison.change_sentence import DELIVERY, name_of_row, sentence_of


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (None, [], "now sent; under a"),
        ([HIGH], [HIGH], "sent as before; under a"),
        (
            [HIGH],
            [MEDIUM],
            "now also sent, for example, when grade is medium; "
            "no longer sent, for example, when grade is high; under a",
        ),
        (
            [],
            [{"field": "pregnant", "is": True}],
            "no longer sent, for example, when pregnant is false; under a",
        ),
        (
            [{"field": "offences", "present": True}],
            [],
            "now also sent, for example, when offences is missing; under a",
        ),
        (
            [{"field": "offences", "includes": "stalking"}],
            [{"field": "offences", "present": True}],
            "now also sent, for example, when offences holds none of the codes named; under a",
        ),
    ],
)
def test_a_change_in_words(old: list[Plain] | None, new: list[Plain], sentence: str) -> None:
    row = rows_of(None if old is None else with_conditions(*old), with_conditions(*new))[
        "social-care", "ref"
    ]
    assert sentence_of(row) == sentence


def test_other_shares_and_laws_are_said_beside_it() -> None:
    row = rows_of(agreement(share("a")), agreement(share("b", law="support")))["social-care", None]
    assert name_of_row(row) == DELIVERY
    assert sentence_of(row) == "sent as before; under b (before: a); law protect -> support"
    gone = rows_of(agreement(share("a")), agreement(share("b", to=["womens-aid"])))
    assert sentence_of(gone["social-care", "ref"]) == "no longer sent; was under a"
