"""A real Apache Kafka broker as a supervised child."""

import base64
import os
import shutil
import uuid

from concordat.stack.atomic_file import replace_file
from concordat.stack.child import Child
from concordat.stack.forking_thread import ForkingThread
from concordat.stack.java import java_command
from concordat.stack.kafka_jars import resolve_jars
from concordat.stack.kafka_properties import (
    LOG4J,
    BrokerPorts,
    broker_properties,
    properties_text,
)
from concordat.stack.ports import LOCALHOST
from concordat.stack.program import Program
from concordat.stack.readiness import wait_until_ready
from concordat.stack.state_directory import StateDirectory

FORMAT_SECONDS = 60.0
START_SECONDS = 60.0
STOP_SECONDS = 20.0
_STARTED = "Kafka Server started"
_QUICK_START = ("-Xms64m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
_HEAVY_LOAD = ("-Xms256m", "-Xmx1g", "-XX:+UseSerialGC")


class KafkaBroker:
    """One broker with its state under `kafka/`; it may restart on other ports.

    `heavy_load` gives it more memory and a compiler that pays off after minutes.
    """

    name = "kafka"

    def __init__(
        self,
        state: StateDirectory,
        forks: ForkingThread,
        ports: BrokerPorts,
        *,
        heavy_load: bool = False,
    ) -> None:
        self.ports = ports
        self._state = state
        self._forks = forks
        self._flags = _HEAVY_LOAD if heavy_load else _QUICK_START
        self._child: Child | None = None
        self._data = state.kafka / "data"
        self._formatted = state.kafka / "formatted"
        self._settings = state.kafka / "server.properties"
        self._log4j = state.kafka / "log4j2.properties"

    @property
    def bootstrap(self) -> str:
        """Bootstrap servers for clients."""
        return f"{LOCALHOST}:{self.ports.clients}"

    @property
    def child(self) -> Child | None:
        """The process, also when it has died; None before the start and after `stop`."""
        return self._child

    def start(self) -> Child:
        """Start and return once clients are served; formats the storage the first time.

        Raises ChildDied, ChildNotReady.
        """
        replace_file(self._log4j, LOG4J)
        replace_file(self._settings, properties_text(broker_properties(self.ports, self._data)))
        if not self._formatted.exists():
            self._format()
        main = self._program(self.name, "kafka.Kafka", str(self._settings))
        child = self._child = Child(main, self._state, self._forks)
        wait_until_ready(child, lambda: _STARTED in child.log.text(), START_SECONDS)
        return child

    def stop(self) -> None:
        """Shut down in order; idempotent."""
        if self._child is not None:
            self._child.stop(STOP_SECONDS)
            self._child = None

    def _format(self) -> None:
        # Without the mark an earlier format was cut short: nothing was ever stored there.
        shutil.rmtree(self._data, ignore_errors=True)
        program = self._program(
            "kafka-format",
            "kafka.tools.StorageTool",
            *("format", "--standalone", "-t", _new_cluster_id(), "-c", str(self._settings)),
        )
        Child(program, self._state, self._forks).run_to_end(FORMAT_SECONDS)
        replace_file(self._formatted, "")

    def _program(self, name: str, main_class: str, *arguments: str) -> Program:
        flags = (*self._flags, f"-Dlog4j2.configurationFile={self._log4j}")
        return Program(
            name=name,
            arguments=tuple(java_command(main_class, arguments, flags=flags)),
            # Nothing else of the surroundings: variables may carry Java options or credentials.
            environment={
                "PATH": os.defpath,
                "CLASSPATH": os.pathsep.join(str(jar) for jar in resolve_jars()),
            },
            folder=self._state.kafka,
        )


def _new_cluster_id() -> str:
    """Return 22 characters of base64url; a leading hyphen would be read as an option."""
    text = "-"
    while text.startswith("-"):
        text = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    return text
