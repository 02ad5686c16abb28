"""A real Apache Kafka broker as a supervised child."""

import os
import shutil

from concordat.stack.atomic_file import replace_file
from concordat.stack.child import Child
from concordat.stack.class_archive import archive_flags
from concordat.stack.forking_thread import ForkingThread
from concordat.stack.java import java_command
from concordat.stack.kafka_jars import resolve_jars
from concordat.stack.kafka_properties import LOG4J, broker_properties, properties_text
from concordat.stack.kafka_quorum import BrokerPorts, Member, new_kafka_id
from concordat.stack.ports import LOCALHOST
from concordat.stack.program import Program
from concordat.stack.readiness import wait_until_ready
from concordat.stack.state_directory import StateDirectory

FORMAT_SECONDS = 60.0
START_SECONDS = 240.0  # many may wait for few cores
STOP_SECONDS = 20.0
_STARTED = "Kafka Server started"
_QUICK_START = ("-Xms64m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
_HEAVY_LOAD = ("-Xms256m", "-Xmx1g", "-XX:+UseSerialGC")


class KafkaBroker:
    """One broker with its state under `kafka/`.

    Alone it may restart on other ports; as a `member` of a quorum it keeps its own. `heavy_load`
    gives it more memory and a compiler that pays off after minutes. `archive` are the runtime's
    flags about its archive of classes, if not those that use the one that was made.
    """

    def __init__(
        self,
        state: StateDirectory,
        forks: ForkingThread,
        ports: BrokerPorts,
        *,
        member: Member | None = None,
        heavy_load: bool = False,
        archive: tuple[str, ...] | None = None,
    ) -> None:
        self.ports = ports
        self.name = f"kafka-{member.number}" if member else "kafka"
        self._state = state
        self._forks = forks
        self._member = member
        self._flags = _HEAVY_LOAD if heavy_load else _QUICK_START
        self._archive = archive_flags() if archive is None else archive
        self._child: Child | None = None
        self._folder = state.kafka / str(member.number) if member else state.kafka
        self._data = self._folder / "data"
        self._formatted = self._folder / "formatted"
        self._settings = self._folder / "server.properties"
        self._log4j = self._folder / "log4j2.properties"

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
        self._folder.mkdir(exist_ok=True)
        replace_file(self._log4j, LOG4J)
        properties = broker_properties(self.ports, self._data, self._member)
        replace_file(self._settings, properties_text(properties))
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
            f"{self.name}-format",
            "kafka.tools.StorageTool",
            *("format", "-c", str(self._settings), *self._cluster()),
        )
        Child(program, self._state, self._forks).run_to_end(FORMAT_SECONDS)
        replace_file(self._formatted, "")

    def _cluster(self) -> tuple[str, ...]:
        if self._member is None:
            return "--standalone", "-t", new_kafka_id()
        quorum = self._member.quorum
        return "--initial-controllers", quorum.initial_controllers, "-t", quorum.cluster

    def _program(self, name: str, main_class: str, *arguments: str) -> Program:
        flags = (*self._flags, *self._archive, f"-Dlog4j2.configurationFile={self._log4j}")
        return Program(
            name=name,
            arguments=tuple(java_command(main_class, arguments, flags=flags)),
            # Nothing else of the surroundings: variables may carry Java options or credentials.
            environment={
                "PATH": os.defpath,
                "CLASSPATH": os.pathsep.join(str(jar) for jar in resolve_jars()),
            },
            folder=self._folder,
            explanations={
                "Address already in use": "another program took its port in that moment; start "
                "again, a busy port is replaced",
                "No space left on device": f"its disk is full; make room where {self._data} is "
                "and start again, nothing acknowledged is lost",
                "all log dirs in": f"its disk failed; see to {self._data} and start again",
            },
        )
