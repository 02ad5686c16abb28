"""A topic that a stage reads is deleted and made again: what was written to the new one is done."""

from collections.abc import Iterable

from concordat.kafka.topic_identity import ask_identities
from concordat.runtime.errors import SourceMadeAgain
from exchange_on_kafka import KafkaExchange, event
from waiting import until

BEFORE, AFTER = 200, 500
"""The new one soon has more records than were ever read of the old one."""


def admitted(exchange: KafkaExchange, wanted: Iterable[bytes]) -> int:
    return len({record.value for record in exchange.incidents()} & set(wanted))


def test_made_again_while_admit_is_stopped(exchange: KafkaExchange) -> None:
    first = [event(number) for number in range(BEFORE)]
    second = [event(number) for number in range(BEFORE, BEFORE + AFTER)]
    exchange.publish(first)
    with exchange.thread("admit"):
        exchange.until_drained("admit")
    exchange.make_again(exchange.topics.outbox("police"))
    exchange.publish(second)
    with exchange.thread("admit"):
        until(lambda: admitted(exchange, second) == AFTER, "all of the new one are admitted", 30)


def test_made_again_while_admit_runs_it_leaves_and_begins_anew(exchange: KafkaExchange) -> None:
    first = [event(number) for number in range(BEFORE)]
    second = [event(number) for number in range(BEFORE, BEFORE + AFTER)]
    with exchange.thread("admit") as admit:
        exchange.publish(first)
        exchange.until_drained("admit")
        exchange.make_again(exchange.topics.outbox("police"))
        exchange.publish(second)
        until(lambda: not admit.is_running, "it has noticed", 30)
    assert isinstance(admit.error, SourceMadeAgain)
    assert str(admit.error) == f"{exchange.topics.outbox('police')} was deleted and made again"
    with exchange.thread("admit"):
        until(lambda: admitted(exchange, second) == AFTER, "all of the new one are admitted", 30)


def test_a_decision_says_in_which_incidents_its_admission_stands(exchange: KafkaExchange) -> None:
    topic = exchange.topics.incidents
    expected = {}
    for number in range(2):
        if number:
            exchange.make_again(topic)
        expected[f"police-{number:08d}"] = ask_identities(exchange.admin, [topic])[topic]
        exchange.admit_directly([event(number)])
        with exchange.thread("route"):
            until(lambda: len(exchange.routed()) == len(expected), "it is decided", 30)
    assert len(set(expected.values())) == 2
    assert {routed.id: routed.log for routed in exchange.routed()} == expected
