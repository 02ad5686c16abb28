"""P2 for the stages: SIGSTOP at points of the loop, with a backlog behind it; another takes over.

The exchanges of all faults run side by side: most of the time is the group's session timeout.
What kill -9 does at every point, the bar kill-stream shows.
"""

import signal
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pytest

from exchange_on_kafka import KafkaExchange, event, open_exchange
from forked_process import ForkedProcess
from integration.streams.occurrences import Seen, by_case, repeats, seen_in
from waiting import until

BEHIND = 2500
AFTER = 100
PLACES = [("admit", "acknowledged"), *product(["route"], ["consumed", "produced", "acknowledged"])]
LONGEST_PAUSE = 50.0
"""After 60 s a message that was not sent is given up, and a member that did not poll is put out."""
EXPECTED = {f"police-{number:08d}" for number in range(BEHIND + AFTER)}


@dataclass(frozen=True)
class Outcome:
    """What a fault left behind."""

    came_in: list[Seen]
    came_out: list[Seen]
    identities: int
    zombie_survived: bool = False
    commits_refused: int = 0
    stood_too_long: bool = False
    """Too long for the worker's own limits, on a busy machine: then it may leave, or start over."""


def _feed(exchange: KafkaExchange, stage: str, first: int, count: int) -> None:
    write = exchange.publish if stage == "admit" else exchange.admit_directly
    write(event(number) for number in range(first, first + count))


def _stop_and_take_over(kafka: str, folder: Path, stage: str, point: str) -> Outcome:
    folder.mkdir()
    with open_exchange(kafka, folder) as exchange:
        _feed(exchange, stage, 0, BEHIND)
        zombie = exchange.start(stage, "--do", "stop", "--at", point, instance="0")
        until(lambda: zombie.is_standing_still, "the worker stands still", 120)
        since = time.monotonic()
        exchange.start(stage, instance="1")
        exchange.until_drained(stage, seconds=120)
        stood = time.monotonic() - since
        zombie.send(signal.SIGCONT)
        until(lambda: _came_of(zombie), "something comes of what it had in hand", 120)
        _feed(exchange, stage, BEHIND, AFTER)
        exchange.until_drained(stage, seconds=120)
        survived, refused = zombie.is_running, len(zombie.said("commit-refused"))
        return _outcome(
            exchange,
            stage,
            zombie_survived=survived,
            commits_refused=refused,
            stood_too_long=stood > LONGEST_PAUSE or bool(zombie.said("stage-paused")),
        )


def _came_of(zombie: ForkedProcess) -> bool:
    """Whether it was refused; or left, or waits for the register, as after a minute it may."""
    told = zombie.said("commit-refused") or zombie.said("stage-paused")
    return bool(told) or not zombie.is_running


def _outcome(exchange: KafkaExchange, stage: str, **facts: object) -> Outcome:
    topics = exchange.topics
    source, target = (
        (topics.outbox("police"), topics.incidents)
        if stage == "admit"
        else (topics.incidents, topics.routed)
    )
    return Outcome(
        came_in=seen_in(exchange, source),
        came_out=seen_in(exchange, target),
        identities=_identities(exchange, stage),
        **facts,  # type: ignore[arg-type]
    )


def _identities(exchange: KafkaExchange, stage: str) -> int:
    if stage == "admit":
        return len({record.value for record in exchange.incidents()})
    return len(
        {
            (record.id, record.admission, *((each.agency, each.id) for each in record.shared))
            for record in exchange.routed()
        }
    )


Outcomes = dict[tuple[str, str], "Future[Outcome]"]


@pytest.fixture(scope="module")
def outcomes(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcomes]:
    """Every fault's sequence, begun at once."""
    folder = tmp_path_factory.mktemp("faults")
    with ThreadPoolExecutor(4) as lanes:
        yield {
            (stage, point): lanes.submit(
                _stop_and_take_over, kafka, folder / f"{stage}-{point}", stage, point
            )
            for stage, point in PLACES
        }


def _assert_exact(outcome: Outcome) -> None:
    assert {seen.id for seen in outcome.came_out} == EXPECTED
    assert by_case(outcome.came_out) == by_case(outcome.came_in)
    assert outcome.identities == len(EXPECTED)


@pytest.mark.timeout(400)
@pytest.mark.parametrize(("stage", "point"), PLACES)
def test_rule_3_a_refused_commit_of_a_zombie_is_no_error_and_its_work_is_only_repeated(
    outcomes: Outcomes, stage: str, point: str
) -> None:
    outcome = outcomes[stage, point].result()
    _assert_exact(outcome)
    assert outcome.stood_too_long or outcome.zombie_survived
    assert outcome.stood_too_long or outcome.commits_refused > 0
    assert outcome.stood_too_long or repeats(outcome.came_out) > 0
