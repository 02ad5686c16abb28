"""An outbox that is deleted and made again: what was written to the new one is admitted."""

from collections.abc import Iterable

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
