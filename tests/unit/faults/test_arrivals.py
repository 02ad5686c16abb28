from faults.arrivals import longest_gap, percentile


def test_the_longest_gap_counts_the_time_before_the_first_and_after_the_last() -> None:
    assert longest_gap([3, 4, 5], 0, 6) == 3
    assert longest_gap([1, 2, 9], 0, 10) == 7
    assert longest_gap([1, 2, 3], 0, 10) == 7


def test_times_outside_of_the_window_do_not_shorten_a_gap() -> None:
    assert longest_gap([5, 25], 10, 20) == 10
    assert longest_gap([], 10, 20) == 10


def test_a_percentile_is_one_of_the_values_and_of_few_the_largest() -> None:
    hundred = list(range(1, 101))
    assert percentile(hundred, 0.5) == 50
    assert percentile(hundred, 0.99) == 99
    assert percentile([7, 1, 3], 0.99) == 7
    assert percentile([7], 0.5) == 7
