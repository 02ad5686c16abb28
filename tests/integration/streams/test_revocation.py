"""P5 for the stages: a notice written while records flow is effective at the next batch."""

from collections.abc import Iterator
from itertools import count, islice
from threading import Event as Signal
from threading import Thread

from concordat.agreements.reason import Reason
from exchange_on_kafka import AGREEMENT, KafkaExchange, event
from waiting import until


def test_a_withdrawal_is_effective_for_every_record_read_after_it_was_written(
    exchange: KafkaExchange,
) -> None:
    enough = Signal()
    events: Iterator[bytes] = (event(number) for number in count())

    def flow() -> None:
        while not enough.is_set():
            exchange.admit_directly(islice(events, 20))

    flowing = Thread(target=flow, daemon=True)
    with exchange.thread("route"):
        flowing.start()
        until(lambda: exchange.written(exchange.topics.routed) > 500, "records flow")
        exchange.register.notify(AGREEMENT, "police-authority", "withdraw")
        exchange.write_register()
        written_before = exchange.written(exchange.topics.incidents)
        until(
            lambda: exchange.written(exchange.topics.incidents) > written_before + 500,
            "records flow on",
        )
        enough.set()
        flowing.join(60)
        exchange.until_drained("route")
    (*_, notice) = exchange.read(exchange.topics.register)
    admitted_at = {
        (record.partition, record.offset): record.written_at for record in exchange.incidents()
    }
    routed = exchange.routed()
    after = [each for each in routed if admitted_at[each.admission] > notice.written_at]
    knowing = [each for each in routed if each.register > notice.offset]
    assert len(after) > 400
    assert {id(each) for each in after} <= {id(each) for each in knowing}
    assert all(each.shared == [] for each in knowing)
    assert {held.reason for each in knowing for held in each.withheld} == {Reason.WITHDRAWN}
    assert len(routed) > len(knowing)
    assert all(len(each.shared) == 2 for each in routed if each.register <= notice.offset)
