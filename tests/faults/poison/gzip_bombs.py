"""Small compressed batches that unpack to much: what the broker stores of them."""

import struct
from pathlib import Path

from confluent_kafka import KafkaError, Message, Producer

from concordat_events.envelope import CONTENT_TYPE
from exchange_on_kafka import event
from faults.findings import Findings
from faults.rig import Rig
from faults.sending import Place

SMALL, LARGE = 1_000_000, 64 * 1024 * 1024
_CODEC_BITS = 0x07


def throw_bombs(findings: Findings, rig: Rig, logs: Path, count: int) -> list[Place]:
    """Throw bombs below and above what a topic takes; return the places of those it took.

    Claims that the large ones are refused and that the small ones stand in the log unpacked.
    """
    placed: list[Place] = []
    refused: list[str] = []
    topic = rig.exchange.topics.outbox("police")
    for number in range(count):
        _throw(rig.exchange.kafka, topic, number, SMALL, placed, refused)
    findings.same(count, small_bombs_taken=len(placed))
    _throw(rig.exchange.kafka, topic, count, LARGE, placed, refused)
    findings.same(["MSG_SIZE_TOO_LARGE"], large_bomb_refused=refused)
    codecs = _codecs(logs, {place[:2] for place in placed})
    findings.least(count, batches_looked_at=len(codecs))
    findings.none(batches_stored_compressed=sum(codec != 0 for codec in codecs))
    return placed


def _throw(
    kafka: str, topic: str, number: int, size: int, placed: list[Place], refused: list[str]
) -> None:
    value = event(number, "police", id=f"bomb-{number:08d}").ljust(size)

    def answered(error: KafkaError | None, message: Message) -> None:
        if error is not None:
            refused.append(error.name())
        else:
            placed.append((topic, message.partition() or 0, message.offset() or 0))

    sender = Producer(
        {
            "bootstrap.servers": kafka,
            "compression.type": "gzip",
            "compression.level": 9,
            "message.max.bytes": 100_000_000,
            "partitioner": "murmur2_random",
            "log_level": 3,
        }
    )
    key = f"case-{number % 20:08d}".encode()
    headers: dict[str, str | bytes | None] = {"content-type": CONTENT_TYPE}
    sender.produce(topic, value, key, headers=headers, on_delivery=answered)
    assert sender.flush(120) == 0, "the broker does not answer"


def _codecs(logs: Path, partitions: set[tuple[str, int]]) -> list[int]:
    """The compression of every batch that the broker has stored of these partitions."""
    found = []
    for topic, partition in partitions:
        for folder in logs.rglob(f"{topic}-{partition}"):
            for file in sorted(folder.glob("*.log")):
                found += _codecs_in(file.read_bytes())
    return found


def _codecs_in(log: bytes) -> list[int]:
    """Attributes of each batch: 8 bytes offset, 4 length, 4 epoch, 1 magic, 4 sum, 2 attributes."""
    codecs, at = [], 0
    while at + 23 <= len(log):
        (length,) = struct.unpack_from(">i", log, at + 8)
        (attributes,) = struct.unpack_from(">h", log, at + 21)
        if length <= 0:
            break
        codecs.append(attributes & _CODEC_BITS)
        at += 12 + length
    return codecs
