"""Records written and acknowledged, and the places they got."""

from collections.abc import Callable, Sequence
from functools import partial

from confluent_kafka import KafkaError, Message, Producer

from concordat.kafka.places import Place
from concordat.runtime.errors import NotAcknowledged
from concordat.stages.record import Output

FLUSH_SECONDS = 60.0

Told = Callable[[KafkaError | None, Message], None]


def hand_over(producer: Producer, output: Output, told: Told) -> None:
    """Give a record to the client, which tells `told` what became of it.

    A client that holds as much as it may first sends what it holds; raises `NotAcknowledged` when
    it cannot within 60 s.
    """
    try:
        _produce(producer, output, told)
    except BufferError:
        if unsent := producer.flush(FLUSH_SECONDS):
            raise NotAcknowledged(f"{unsent} records not acknowledged: timeout") from None
        _produce(producer, output, told)


def write_records(producer: Producer, outputs: Sequence[Output]) -> list[Place]:
    """Write `outputs`, wait for the broker, and return their places; raises `NotAcknowledged`."""
    places: dict[int, Place] = {}
    refused: list[KafkaError] = []

    def told(number: int, error: KafkaError | None, message: Message) -> None:
        topic, partition, offset = message.topic(), message.partition(), message.offset()
        if error is not None:
            refused.append(error)
        elif topic is not None and partition is not None and offset is not None:
            places[number] = Place(topic, partition, offset)

    for number, output in enumerate(outputs):
        hand_over(producer, output, partial(told, number))
        producer.poll(0)
    producer.flush(FLUSH_SECONDS)
    if len(places) != len(outputs):
        code = refused[0].name() if refused else "timeout"
        raise NotAcknowledged(f"{len(outputs) - len(places)} records not acknowledged: {code}")
    return [places[number] for number in range(len(outputs))]


def _produce(producer: Producer, output: Output, told: Told) -> None:
    producer.produce(
        output.topic,
        output.value,
        output.key,
        headers=[("content-type", output.content_type)],
        on_delivery=told,
    )
