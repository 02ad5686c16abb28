import pytest

from concordat.deliver.errors import RoutedLogChanged
from concordat.deliver.position import LogIdentity, LogRange, Position, check_positions
from concordat.deliver.readiness import Readiness

LOG = LogIdentity("cluster", "topic")
RANGES = {0: LogRange(5, 20), 1: LogRange(0, 0)}


def test_a_partition_never_read_starts_where_the_log_starts() -> None:
    assert check_positions("routed", [], LOG, RANGES) == {0: 5, 1: 0}


@pytest.mark.parametrize("offset", [5, 12, 20])
def test_a_position_within_the_log_is_kept(offset: int) -> None:
    stored = [Position(0, offset, LOG)]
    assert check_positions("routed", stored, LOG, RANGES) == {0: offset, 1: 0}


@pytest.mark.parametrize(
    ("position", "what"),
    [
        (Position(0, 4, LOG), "partition 0 goes from 5 to 20, the position is 4"),
        (Position(0, 21, LOG), "partition 0 goes from 5 to 20, the position is 21"),
        (Position(2, 0, LOG), "partition 2 is gone"),
        (Position(0, 7, LogIdentity("other", "topic")), "another cluster"),
        (Position(0, 7, LogIdentity("cluster", "other")), "deleted and made again"),
    ],
)
def test_another_log_stops_it_and_names_the_command(position: Position, what: str) -> None:
    with pytest.raises(RoutedLogChanged, match=what) as caught:
        check_positions("t1.routed", [position], LOG, RANGES)
    assert "`concordat replay routed`" in str(caught.value)
    assert str(caught.value).startswith("t1.routed ")


def test_ready_only_when_no_part_has_a_reason_against_it_whatever_the_notes() -> None:
    readiness = Readiness()
    assert readiness.as_dict() == {"ready": False, "reason": "is starting"}
    readiness.yes("writer")
    assert readiness.as_dict() == {"ready": True, "reason": "delivers"}
    readiness.note("register", "nothing is released")
    assert readiness.as_dict() == {"ready": True, "reason": "delivers; nothing is released"}
    readiness.no("kafka", "Kafka does not answer")
    readiness.no("loop", "failed")
    readiness.yes("loop")
    assert readiness.as_dict() == {"ready": False, "reason": "Kafka does not answer"}
    readiness.yes("kafka")
    readiness.note("register", None)
    assert readiness.as_dict() == {"ready": True, "reason": "delivers"}
