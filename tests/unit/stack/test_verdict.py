"""Burrow's rules: a table of looks at one partition, and what each comes to."""

import pytest

from concordat.stack.verdict import WORSE, Judged, Sample, Verdict, judge_group, judge_partition

UP, BEHIND = Verdict.KEEPING_UP, Verdict.FALLING_BEHIND
STALLED, REWOUND = Verdict.STALLED, Verdict.REWOUND


def looks(*pairs: tuple[int, int]) -> list[Sample]:
    """Positions and ends, a second apart."""
    return [Sample(position, end, float(second)) for second, (position, end) in enumerate(pairs)]


@pytest.mark.parametrize(
    ("pairs", "verdict"),
    [
        # Nothing to do, or done to the end at some look.
        ([(0, 0), (0, 0)], UP),
        ([(5, 5), (5, 5)], UP),
        ([(5, 9), (9, 9)], UP),
        ([(5, 5), (5, 9)], UP),
        ([(5, 9), (9, 9), (9, 50), (9, 70)], UP),
        # The lag became fewer at some look.
        ([(0, 100), (40, 110)], UP),
        ([(0, 100), (10, 120), (90, 130), (95, 150)], UP),
        # It moves, and the lag never fell.
        ([(0, 100), (10, 110)], BEHIND),
        ([(0, 100), (10, 120), (20, 140)], BEHIND),
        ([(0, 100), (10, 120), (10, 140)], BEHIND),
        # The same position again and again with something to do.
        ([(7, 9), (7, 9)], STALLED),
        ([(0, 1), (0, 1)], STALLED),
        ([(7, 9), (7, 90), (7, 900)], STALLED),
        # It fell.
        ([(9, 20), (4, 20)], REWOUND),
        ([(9, 20), (4, 20), (8, 20)], REWOUND),
        ([(9, 9), (0, 9)], REWOUND),
        ([(9, 20), (0, 20), (0, 20)], REWOUND),
        # It fell and has come back to where it was.
        ([(9, 20), (4, 20), (9, 20)], UP),
        ([(9, 20), (4, 20), (20, 20)], UP),
        ([(9, 20), (4, 25), (10, 40)], BEHIND),
        # Beyond the end: another log under the same name.
        ([(500, 20), (500, 20)], REWOUND),
        ([(500, 0), (500, 0)], REWOUND),
        ([(20, 20), (20, 3)], REWOUND),
    ],
)
def test_a_partition_is_judged_by_its_looks(pairs: list[tuple[int, int]], verdict: Verdict) -> None:
    judged = judge_partition(looks(*pairs))
    assert judged.verdict is verdict, judged.reason
    assert judged.reason


def test_the_size_of_the_lag_decides_nothing() -> None:
    for size in (1, 1_000_000):
        assert judge_partition(looks((0, 10 * size), (5 * size, 11 * size))).verdict is UP
        assert judge_partition(looks((0, size), (0, size))).verdict is STALLED


@pytest.mark.parametrize("pairs", [[], [(0, 5)]])
def test_one_look_is_not_judged(pairs: list[tuple[int, int]]) -> None:
    with pytest.raises(ValueError, match="one look"):
        judge_partition(looks(*pairs))


def test_a_lag_is_never_below_zero() -> None:
    assert Sample(9, 5, 0.0).behind == 0


IN_STEP, STANDS, SLOW = looks((5, 5), (5, 5)), looks((7, 9), (7, 9)), looks((0, 9), (1, 10))


def test_a_group_is_as_its_worst_partition_which_the_reason_names() -> None:
    judged = judge_group({("incidents", 0): IN_STEP, ("incidents", 3): STANDS}, members=2)
    assert judged == Judged(STALLED, "incidents/3 has stood at 7 for 1 s with 2 to do.")
    judged = judge_group({("incidents", 0): SLOW, ("incidents", 3): IN_STEP}, members=1)
    assert judged == Judged(
        BEHIND, "incidents/0 went on by 1 in 1 s, and the 9 to do never became fewer."
    )


def test_a_group_in_step_needs_no_reason_and_one_that_drains_says_what_is_left() -> None:
    assert judge_group({("incidents", 0): IN_STEP}, members=1) == Judged(UP, "")
    draining = looks((0, 9), (4, 9))
    judged = judge_group({("incidents", 0): IN_STEP, ("incidents", 1): draining}, members=1)
    assert judged == Judged(UP, "5 to do, and they become fewer.")


@pytest.mark.parametrize("samples", [IN_STEP, STANDS, SLOW])
def test_without_members_nothing_else_matters(samples: list[Sample]) -> None:
    judged = judge_group({("incidents", 0): samples}, members=0)
    assert judged == Judged(Verdict.NO_MEMBERS, "No process of this stage is running.")


def test_a_stage_without_a_topic_has_nothing_to_do() -> None:
    assert judge_group({}, members=1).verdict is UP


def test_the_verdicts_are_listed_from_the_best_to_the_worst() -> None:
    assert sorted(Verdict, key=lambda each: WORSE[each]) == [
        UP,
        BEHIND,
        STALLED,
        REWOUND,
        Verdict.NO_MEMBERS,
    ]
