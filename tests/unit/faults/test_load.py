"""A load's events are those of the exchange on Kafka, only sooner."""

import pytest

from exchange_on_kafka import PUBLISHERS, event
from faults.load import numbered_crime
from faults.zombie.withdrawals import DistrictCrimes


@pytest.mark.parametrize("publisher", PUBLISHERS)
@pytest.mark.parametrize("number", [0, 7, 501, 1_234_567])
def test_a_numbered_crime_is_the_event_that_it_stands_for(publisher: str, number: int) -> None:
    assert numbered_crime(number, publisher, 500) == event(number, publisher, 500)


def test_the_districts_of_a_load_take_turns() -> None:
    written = [DistrictCrimes(3)(number, "police", 500) for number in range(4)]
    assert [b"District 0%d" % (number % 3) in value for number, value in enumerate(written)] == [
        True
    ] * 4
