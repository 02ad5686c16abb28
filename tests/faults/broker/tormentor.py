"""What is done to brokers under load, one fault after the other, and what each one cost."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from confluent_kafka import KafkaException

from concordat.stack.embedded import EmbeddedInfrastructure
from concordat.stack.kafka_cluster import KafkaCluster
from faults.arrivals import Arrivals, longest_gap
from faults.broker.agency_load import AgencyLoad
from waiting import until

MENDED_SECONDS = 180.0


@dataclass(frozen=True)
class Fault:
    """One that happened; times are in seconds by the event loop's clock."""

    kind: str
    since: float
    """Stalls count from here: the kill, the beginning of a leader's pause, for which another could
    stand in, or the end of the only broker's pause, for which none could."""
    in_flight: int
    moved: bool = False


@dataclass
class Tormentor:
    """Carries out faults while `load` runs; each begins when all partitions flow after the last."""

    load: AgencyLoad
    arrivals: Arrivals
    draw: Random
    faults: list[Fault] = field(default_factory=list)
    ends: list[float] = field(default_factory=list)
    """When the next fault began, or all was over."""

    async def kill_the_only_one(self, servers: EmbeddedInfrastructure) -> None:
        """Kill the broker with SIGKILL and start it again."""
        await self._when_records_flow()
        await self.load.until_in_flight()
        fault = self._now("kill")
        await asyncio.to_thread(servers.kill_kafka)
        await asyncio.to_thread(servers.restart_kafka)
        await self._over(fault)

    async def pause_the_only_one(self, servers: EmbeddedInfrastructure, seconds: float) -> None:
        """Stop the broker (SIGSTOP) for so long."""
        await self._when_records_flow()
        await self.load.until_in_flight()
        in_flight = self.load.in_flight
        await asyncio.to_thread(servers.pause_kafka)
        try:
            await asyncio.sleep(seconds)
        finally:
            await asyncio.to_thread(servers.resume_kafka)
        await self._over(Fault("pause", self._clock(), in_flight))

    async def kill_a_leader(self, cluster: KafkaCluster) -> None:
        """Kill the leader of a partition drawn by lot, wait for another, start the first again."""
        await self._when_records_flow()
        place = self._some_partition()
        leader = await asyncio.to_thread(_leader, cluster, place)
        await self.load.until_in_flight()
        fault = self._now("kill-leader")
        await asyncio.to_thread(cluster.kill, leader)
        moved = await asyncio.to_thread(_is_followed, cluster, place, leader)
        await asyncio.to_thread(cluster.restart, leader)
        await self._all_in_sync(cluster)
        await self._over(Fault(fault.kind, fault.since, fault.in_flight, moved))

    async def pause_a_leader(self, cluster: KafkaCluster, seconds: float) -> None:
        """Stop (SIGSTOP) the leader of a partition drawn by lot for so long."""
        await self._when_records_flow()
        place = self._some_partition()
        leader = await asyncio.to_thread(_leader, cluster, place)
        await self.load.until_in_flight()
        fault = self._now("pause-leader")
        await asyncio.to_thread(cluster.pause, leader)
        try:
            moved = await asyncio.to_thread(_is_followed, cluster, place, leader)
            await asyncio.sleep(max(0.0, fault.since + seconds - self._clock()))
        finally:
            await asyncio.to_thread(cluster.resume, leader)
        await self._all_in_sync(cluster)
        await self._over(Fault(fault.kind, fault.since, fault.in_flight, moved))

    def stalls(self, times: Sequence[float]) -> list[float]:
        """For each fault the longest time until the next one in which none of `times` lies."""
        return [
            longest_gap(times, fault.since, end)
            for fault, end in zip(self.faults, self.ends, strict=True)
        ]

    async def finish(self) -> None:
        """Return once records flow after the last fault."""
        await self._when_records_flow()

    async def _when_records_flow(self) -> None:
        await self.arrivals.until_new(MENDED_SECONDS)
        await asyncio.sleep(self.draw.uniform(0.5, 3))
        await self.arrivals.until_new(MENDED_SECONDS)
        if len(self.ends) < len(self.faults):
            self.ends.append(self._clock())

    async def _over(self, fault: Fault) -> None:
        await self.arrivals.until_new(MENDED_SECONDS)
        self.faults.append(fault)

    async def _all_in_sync(self, cluster: KafkaCluster) -> None:
        await asyncio.to_thread(
            until,
            lambda: _is_in_sync(cluster),
            "every partition is on all brokers again",
            MENDED_SECONDS,
        )

    def _some_partition(self) -> tuple[str, int]:
        plan = self.draw.choice(self.load.rig.exchange.plans)
        return plan.name, self.draw.randrange(plan.partitions)

    def _now(self, kind: str) -> Fault:
        return Fault(kind, self._clock(), self.load.in_flight)

    @property
    def _clock(self) -> Callable[[], float]:
        return asyncio.get_running_loop().time


def _leader(cluster: KafkaCluster, place: tuple[str, int]) -> int:
    until(lambda: _leader_now(cluster, place), "a partition has a leader", MENDED_SECONDS)
    leader = _leader_now(cluster, place)
    assert leader is not None
    return leader


def _is_followed(cluster: KafkaCluster, place: tuple[str, int], leader: int) -> bool:
    try:
        until(lambda: _leader_now(cluster, place) not in (None, leader), "another leads", 30)
    except AssertionError:
        return False
    return True


def _leader_now(cluster: KafkaCluster, place: tuple[str, int]) -> int | None:
    try:
        return cluster.leader_of(*place)
    except KafkaException:  # nobody answers
        return None


def _is_in_sync(cluster: KafkaCluster) -> bool:
    try:
        return cluster.short_of_copies() == 0
    except KafkaException:
        return False
