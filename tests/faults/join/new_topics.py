"""Topics that are written to in the moment in which they are made, on a machine that is busy.

A partition that is just being made may refuse one request and take the next. What the library says
was acknowledged must be there (ADR 0016).
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

from confluent_kafka.admin import NewTopic

from concordat.streams import clients
from faults.bar import Ground
from faults.rig import Rig
from kafka_log import ends_of

LANES = 4
BUSY = 3
RECORDS, KEYS, PARTITIONS = 400, 12, 6
PAUSE_EVERY, PAUSE_SECONDS = 20, 0.001
# Written to as soon as its leader is known, in many small requests.
_EAGER: dict[str, object] = {"topic.metadata.refresh.fast.interval.ms": 2, "batch.num.messages": 2}


@dataclass
class Tally:
    """What was told and what is there."""

    topics: int = 0
    acknowledged: int = 0
    lost: int = 0


async def write_to_new_topics(ground: Ground, rig: Rig) -> None:
    """Make topic after topic, write to each at once, and count what it holds."""
    seconds = ground.pick(smoke=45.0, full=600.0)
    with _busy_machine(), ground.planted():
        lanes = [asyncio.to_thread(_lane, rig, lane, seconds) for lane in range(LANES)]
        tallies: list[Tally] = await asyncio.gather(*lanes)
    findings = ground.findings
    findings.least(ground.pick(smoke=50, full=600), new_topics=sum(t.topics for t in tallies))
    findings.least(RECORDS, new_topics_acknowledged=sum(t.acknowledged for t in tallies))
    findings.none(new_topics_lost=sum(t.lost for t in tallies))


def _lane(rig: Rig, lane: int, seconds: float) -> Tally:
    tally, until = Tally(), time.monotonic() + seconds
    settings = clients.common_settings(rig.exchange.kafka, f"new-topics-{lane}")
    producer = clients.stage_producer(settings | _EAGER)
    for number in count():
        if time.monotonic() > until:
            return tally
        name = f"{rig.exchange.topics.prefix}new-{lane}-{number}"
        acknowledged = _write(rig, producer, name)
        stored = sum(ends_of(rig.exchange.admin, name).values())
        tally.topics += 1
        tally.acknowledged += acknowledged
        tally.lost += max(0, acknowledged - stored)
        rig.exchange.admin.delete_topics([name])
    raise AssertionError("unreachable")


def _write(rig: Rig, producer: Any, name: str) -> int:
    answers: list[bool] = []
    made = rig.exchange.admin.create_topics([NewTopic(name, PARTITIONS, 1)])
    for number in range(RECORDS):
        key = b"case-%d" % (number % KEYS)
        producer.produce(name, b"first words", key, on_delivery=lambda e, _: answers.append(not e))
        producer.poll(0)
        if number % PAUSE_EVERY == 0:
            time.sleep(PAUSE_SECONDS)
    assert producer.flush(60) == 0, "the broker does not answer"
    made[name].result(60)
    return sum(answers)


@contextmanager
def _busy_machine() -> Iterator[None]:
    """The broker's threads have to wait for a core: what takes no time otherwise takes some."""
    command = [sys.executable, "-c", "while True: pass"]
    busy = [subprocess.Popen(command) for _ in range(BUSY)]
    try:
        yield
    finally:
        for each in busy:
            each.kill()
            each.wait()
