"""Three real brokers on this machine, for tests of what replication promises."""

import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from confluent_kafka.admin import AdminClient, PartitionMetadata

from concordat.stack.child import Child
from concordat.stack.death import Death
from concordat.stack.embedded import forget
from concordat.stack.errors import StackNotRunning
from concordat.stack.forking_thread import ForkingThread
from concordat.stack.kafka_broker import KafkaBroker
from concordat.stack.kafka_quorum import BrokerPorts, Member, Quorum
from concordat.stack.leftovers import stop_leftovers
from concordat.stack.ports import pick_port
from concordat.stack.state_directory import StateDirectory

BROKERS = 3
_ASK_SECONDS = 10.0


class KafkaCluster:
    """Brokers numbered from 1, as the owner of a state directory; safe between threads.

    It lives as long as this object: its ports stand in its storage. A broker killed or paused is
    not asked for metadata until it runs again.
    """

    def __init__(
        self,
        state: StateDirectory,
        report: Callable[[str], None],
        *,
        brokers: int = BROKERS,
        heavy_load: bool = False,
    ) -> None:
        self._state, self._report, self._heavy_load = state, report, heavy_load
        self.quorum = Quorum.of(*_pick_ports(brokers))
        self._turn = threading.RLock()
        self._forks: ForkingThread | None = None
        self._brokers: dict[int, KafkaBroker] = {}
        self._answering: set[int] = set()

    @property
    def bootstrap(self) -> str:
        """Bootstrap servers for clients: all brokers, running or not."""
        return self.quorum.bootstrap

    @property
    def answering(self) -> frozenset[int]:
        """The brokers that were neither killed nor paused since they last started."""
        return frozenset(self._answering)

    @property
    def pids(self) -> dict[str, int]:
        """The processes that run."""
        children = [broker.child for broker in self._brokers.values()]
        return {child.name: child.pid for child in children if child is not None and child.alive}

    def start(self) -> str:
        """Start all at once; return the bootstrap servers once each serves clients.

        On any failure everything is stopped again. Raises StackAlreadyRunning, ChildDied,
        ChildNotReady, KafkaJarsMissing.
        """
        with self._turn:
            self._state.claim()
            forks = self._forks = ForkingThread()
            try:
                stop_leftovers(self._state, self._report)
                self._brokers = {
                    number: self._broker(number, forks) for number in self.quorum.ports
                }
                with ThreadPoolExecutor(max_workers=len(self._brokers)) as starts:
                    list(starts.map(KafkaBroker.start, self._brokers.values()))
            except BaseException:
                self.stop()
                raise
            self._answering = set(self._brokers)
            return self.bootstrap

    def stop(self) -> None:
        """Stop all at once, in order, and give up the state, which is kept; idempotent."""
        with self._turn:
            if self._forks is None:
                return
            self._answering.clear()
            with ThreadPoolExecutor(max_workers=len(self._brokers) or 1) as stops:
                list(stops.map(KafkaBroker.stop, self._brokers.values()))
            self._forks.close()
            self._forks = None
            self._state.release()

    def destroy(self) -> None:
        """Stop all and delete what they have stored."""
        self.stop()
        forget(self._state, self._report)

    def death(self) -> Death | None:
        """Return how a broker died; None while all live, or before the start."""
        children = [broker.child for broker in self._brokers.values()]
        return next((death for child in children if child and (death := child.death)), None)

    def kill(self, number: int) -> None:
        """End a broker with SIGKILL and return once it has ended."""
        self._answering.discard(number)
        child = self._child(number)
        child.send(signal.SIGKILL)
        child.kill()

    def pause(self, number: int) -> None:
        """Stop a broker's clock with SIGSTOP: its port is open and nothing answers."""
        self._answering.discard(number)
        self._child(number).send(signal.SIGSTOP)

    def resume(self, number: int) -> None:
        """Undo `pause`."""
        self._child(number).send(signal.SIGCONT)
        self._answering.add(number)

    def restart(self, number: int) -> None:
        """Start a broker again, shutting it down in order first if it runs; serving on return."""
        with self._turn:
            self._answering.discard(number)
            broker = self._running(number)
            broker.stop()
            broker.start()
            self._answering.add(number)

    def leader_of(self, topic: str, partition: int) -> int | None:
        """Return the broker that leads a partition; None while there is none.

        Raises KafkaException when no broker answers.
        """
        found = self._metadata(topic, partition)
        return found.leader if found and found.leader in self.quorum.ports else None

    def in_sync(self, topic: str, partition: int) -> frozenset[int]:
        """Return the brokers that hold every acknowledged record of a partition.

        Raises KafkaException when no broker answers.
        """
        found = self._metadata(topic, partition)
        return frozenset(found.isrs if found else ())

    def short_of_copies(self) -> int:
        """Return how many partitions are not in sync on all of their brokers.

        Raises KafkaException when no broker answers.
        """
        topics = self._ask().list_topics(timeout=_ASK_SECONDS).topics.values()
        partitions = [each for topic in topics for each in topic.partitions.values()]
        return sum(len(each.isrs) < len(each.replicas) for each in partitions)

    def _metadata(self, topic: str, partition: int) -> PartitionMetadata | None:
        found = self._ask().list_topics(topic, timeout=_ASK_SECONDS).topics.get(topic)
        # A broker learns of a new topic a moment after it was made.
        return found.partitions.get(partition) if found else None

    def _ask(self) -> AdminClient:
        # A client made now asks only those that answer.
        bootstrap = self.quorum.bootstrap_of(*sorted(self._answering))
        return AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})

    def _broker(self, number: int, forks: ForkingThread) -> KafkaBroker:
        member = Member(number, self.quorum)
        return KafkaBroker(
            self._state, forks, member.ports, member=member, heavy_load=self._heavy_load
        )

    def _running(self, number: int) -> KafkaBroker:
        if self._forks is None:
            raise StackNotRunning
        return self._brokers[number]

    def _child(self, number: int) -> Child:
        child = self._running(number).child
        if child is None:
            raise StackNotRunning
        return child


def _pick_ports(brokers: int) -> list[BrokerPorts]:
    taken: list[int] = []
    while len(taken) < 2 * brokers:
        taken.append(pick_port(taken=taken))
    return [BrokerPorts(*taken[first : first + 2]) for first in range(0, len(taken), 2)]
