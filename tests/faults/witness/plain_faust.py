"""One record of poison and one kill -9 of a plain Faust agent, and what became of its records."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar
from uuid import uuid4

from confluent_kafka import Consumer, KafkaError, TopicPartition
from confluent_kafka.admin import NewTopic

from concordat.kafka.topics_admin import admin_client
from concordat.stack.death_signal import bound_to_parent
from concordat.streams.clients import common_settings, stage_producer
from kafka_log import append

PARTITIONS = 4
_STARTS_WITHIN = 240.0
_QUIET_SECONDS = 15.0
_TURN_SECONDS = 0.3
_NO_POISON = "-"
_EOF = KafkaError._PARTITION_EOF


@dataclass(frozen=True)
class Copied:
    """How often the agent's committed output has each record that went in."""

    records: int
    copies: Counter[bytes]
    failures: int
    copied_at_kill: int

    @property
    def lost(self) -> int:
        """Records without a committed copy."""
        return self.records - len(self.copies)

    @property
    def doubled(self) -> int:
        """Committed copies beyond the first."""
        return self.copies.total() - len(self.copies)


@dataclass
class PlainFaust:
    """An agent of Faust's between two topics of its own; without `faults` it is left in peace."""

    kafka: str
    folder: Path
    faults: ClassVar[bool] = True

    def __post_init__(self) -> None:
        name = uuid4().hex[:8]
        self._source, self._target = f"w{name}.in", f"w{name}.out"
        self._mark = self.folder / "failed"
        self._reader = Consumer(
            {
                "bootstrap.servers": self.kafka,
                "group.id": "witness-reader",
                "isolation.level": "read_committed",
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "auto.offset.reset": "earliest",
                "log_level": 3,
            }
        )
        self._copies: Counter[bytes] = Counter()

    async def run(self, records: int) -> Copied:
        """Let it copy so many records, of which one is poison; half-way it is killed and mended."""
        with self._topics():
            values = [b"%08d" % number for number in range(records)]
            producer = stage_producer(common_settings(self.kafka, "witness"))
            await asyncio.to_thread(append, producer, self._source, ((v, v) for v in values), None)
            with self._agent(values[records // 3].decode() if self.faults else _NO_POISON):
                at_kill = await self._until(records // 2 if self.faults else records)
            if self.faults:
                with self._agent(_NO_POISON):
                    await self._until_quiet(records)
        failures = self._mark.stat().st_size if self._mark.exists() else 0
        return Copied(records, self._copies, failures, at_kill)

    async def _until(self, copies: int) -> int:
        deadline = time.monotonic() + _STARTS_WITHIN
        while (found := await self._look()) < copies:
            assert time.monotonic() < deadline, f"the agent copied {found} of {copies} records"
        return found

    async def _until_quiet(self, records: int) -> None:
        """Wait until no more comes; longer for more than the one that it failed at."""
        before, since, patience = await self._look(), time.monotonic(), _STARTS_WITHIN
        while time.monotonic() - since < patience:
            found = await self._look()
            if found != before:
                before, since = found, time.monotonic()
                patience = _QUIET_SECONDS if len(self._copies) < records - 1 else _TURN_SECONDS * 10

    async def _look(self) -> int:
        """Read what is committed since the last look; return how much there is in all."""
        messages = await asyncio.to_thread(self._reader.consume, 5000, _TURN_SECONDS)
        for message in messages:
            error = message.error()
            assert error is None or error.code() == _EOF, str(error)
            value = message.value()
            if error is None and isinstance(value, bytes):
                self._copies[value] += 1
        return self._copies.total()

    @contextmanager
    def _topics(self) -> Iterator[None]:
        admin = admin_client(self.kafka)
        names = [self._source, self._target]
        for made in admin.create_topics([NewTopic(one, PARTITIONS, 1) for one in names]).values():
            made.result(30)
        self._reader.assign([TopicPartition(self._target, one, 0) for one in range(PARTITIONS)])
        try:
            yield
        finally:
            self._reader.close()
            for deleted in admin.delete_topics(names).values():
                deleted.result(30)

    @contextmanager
    def _agent(self, poison: str) -> Iterator[None]:
        """A process that ends with kill -9."""
        where = (self.kafka, self._source, self._target, poison, str(self._mark))
        command = [sys.executable, "-m", "faults.witness.agent", *where]
        environment = {"PATH": os.defpath, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        with (self.folder / "agent.log").open("ab") as log:
            agent = subprocess.Popen(
                command,
                env=environment,
                stdout=log,
                stderr=log,
                preexec_fn=bound_to_parent(signal.SIGKILL),  # noqa: PLW1509 - looked up before
            )
        try:
            yield
        finally:
            agent.kill()
            agent.wait(30)
