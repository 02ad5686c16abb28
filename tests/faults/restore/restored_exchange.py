"""An exchange that loses things, the readers who must be told, and the command that mends."""

import asyncio
import json
import sys
import tempfile
from asyncio.subprocess import PIPE
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from confluent_kafka import KafkaException

from concordat.postgres.roles import DELIVER
from concordat.streams.groups import group_of
from exchange_on_kafka import PUBLISHERS
from faults.bar import Ground
from faults.load import RECIPIENTS_EACH, Identity, Load
from faults.outcome import read_outcome
from faults.restore.backup import back_up, restore_from
from faults.restore.restored_reader import RestoredReader
from faults.rig import Rig, open_rig

NOTICED_SECONDS = 90.0
COMMAND = "concordat recover"


@dataclass
class Restored:
    """Each of `readers` is an agency; all but the first have cursors. `each` is a portion."""

    ground: Ground
    rig: Rig
    load: Load
    each: int
    readers: list[RestoredReader]
    losses: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    # -- what goes in and comes out -------------------------------------------------------------

    async def publish(self) -> None:
        """A portion of new events."""
        await self.load.publish(self.each)

    async def publish_and_read(self) -> None:
        """New events; all is delivered and read."""
        await self.publish()
        await self.rig.until_drained()
        await self.read()

    async def read(self) -> None:
        """Everybody reads all there is."""
        await asyncio.gather(*(reader.read_all() for reader in self.readers))

    async def delivered(self) -> int:
        """How many deliveries are in the inboxes."""
        return int((await self.rig.ask("SELECT count(*) FROM concordat.delivery"))[0][0])

    async def repeats(self) -> int:
        """How many admissions are known as repeats."""
        return int((await self.rig.ask("SELECT count(*) FROM concordat.repeat"))[0][0])

    def count(self, name: str, count: int) -> None:
        """A denominator: it must be at least 1 in all, and is a figure."""
        self.counts[name] += count
        self.ground.findings.least(1, **{name: self.counts[name]})

    # -- losses ---------------------------------------------------------------------------------

    def kill(self, *services: str) -> None:
        """End all processes of these services."""
        for service in services:
            for worker in self.rig.of(service):
                worker.kill()

    async def back_up(self) -> Path:
        """Back the database up as it is, while everything runs."""
        file = Path(tempfile.mkstemp(dir=self.rig.folder)[1])
        await asyncio.to_thread(back_up, self.rig.database.superuser, file)
        return file

    async def restore(self, file: Path) -> None:
        """Restore the database; nobody works with it meanwhile."""
        await self.rig.superuser.expire_connections()
        await asyncio.to_thread(restore_from, file, self.rig.database.superuser)

    async def make_again(self, topic: str) -> None:
        """Delete the topic and make it again."""
        await asyncio.to_thread(self.rig.exchange.make_again, topic)

    async def delete_offsets(self, *stages: str) -> None:
        """Delete what the stages, which are dead, have committed, once their groups are empty."""
        groups = [group_of(stage, self.rig.exchange.topics) for stage in stages]
        async with asyncio.timeout(NOTICED_SECONDS):
            for group in groups:
                while True:
                    deleted = self.rig.exchange.admin.delete_consumer_groups([group])[group]
                    try:
                        await asyncio.wrap_future(deleted)
                    except KafkaException:  # its dead members are still in it
                        await asyncio.sleep(0.2)
                    else:
                        break

    # -- what must be noticed -------------------------------------------------------------------

    async def until_works(self, service: str) -> None:
        """Wait until it says that it works."""
        await asyncio.to_thread(self.rig.until_works, service)

    async def claim_readers_told(self) -> None:
        """Claim that every reader that is ahead of the database is told so."""
        answers = [await reader.ask() for reader in self.readers if reader.has_cursor]
        untold = sum(status != 409 for status in answers)
        self.counts["readers_told"] += len(answers) - untold
        self.counts["readers_not_told"] += untold
        self.ground.findings.none(readers_not_told=self.counts["readers_not_told"])
        self.ground.findings.least(len(PUBLISHERS) - 1, readers_told=self.counts["readers_told"])

    async def claim_noticed(self, what: str) -> None:
        """Claim that deliver does not go on, and names the command; it delivers nothing more."""
        noticed = False
        try:
            async with asyncio.timeout(self._patience):
                while not noticed:
                    [worker] = self.rig.of("deliver")
                    noticed = COMMAND in (await asyncio.to_thread(worker.ready))[1]
                    await asyncio.sleep(0.05)
        except TimeoutError:
            pass
        rows = await self.delivered()
        await asyncio.sleep(0.5)
        self.losses += 1
        self.ground.findings.same(True, **{f"{what}_noticed_by_deliver": noticed})
        self.ground.findings.same(rows, **{f"rows_while_{what}_waited": await self.delivered()})
        self.ground.figure(command=COMMAND)

    def claim_said_to_begin_again(self, *stages: str) -> None:
        """Claim that these stages have said that nobody had committed anything."""
        for stage in stages:
            assigned = [line for each in self.rig.of(stage) for line in each.said("assigned")]
            said = any(0 < line["count"] == line["without_offset"] for line in assigned)
            self.ground.findings.same(True, **{f"{stage}_said_to_begin_again": said})

    @property
    def _patience(self) -> float:
        return NOTICED_SECONDS if self.ground.bug is None else 25.0

    async def claim_refused_while_it_runs(self, stage: str) -> None:
        """Claim that the command does nothing while a stage would go on from where it was."""
        status, _, said = await self._command("--yes")
        refused = status == 75 and f"{stage} is running" in said
        self.ground.findings.same(True, refused_while_the_stage_runs=refused)

    async def recover(self, what: str) -> None:
        """Run the command: first it only says what is lost, then it mends it; then nothing is."""
        status, losses, _ = await self._command()
        self.ground.findings.same((1, True), **{f"{what}_said": (status, what in losses)})
        status, losses, _ = await self._command("--yes")
        self.ground.findings.same((0, True), **{f"{what}_mended": (status, what in losses)})

    async def _command(self, *options: str) -> tuple[int, dict[str, str], str]:
        """Run it, again while somebody has not stopped yet or Kafka has not started yet."""
        async with asyncio.timeout(NOTICED_SECONDS):
            while True:
                status, out, said = await self._run(*options)
                if status != 75 or ("route is running" in said and self.rig.of("route")):
                    losses = json.loads(out)["losses"] if out else {}
                    return status, losses, said
                await asyncio.sleep(0.3)

    async def _run(self, *options: str) -> tuple[int, str, str]:
        environment = {
            "CONCORDAT_KAFKA": self.rig.exchange.kafka,
            "CONCORDAT_TOPIC_PREFIX": self.rig.exchange.topics.prefix,
            "CONCORDAT_POSTGRES": self.rig.database.dsn(DELIVER),
        }
        command = (sys.executable, "-m", "concordat.cli.main", "recover", "--json", *options)
        process = await asyncio.create_subprocess_exec(
            *command, env=environment, cwd=self.rig.folder, stdout=PIPE, stderr=PIPE
        )
        out, said = await process.communicate()
        return process.returncode or 0, out.decode(), said.decode()

    async def _without_a_place(self) -> set[Identity]:
        """The events that can be neither explained nor replayed."""
        query = "SELECT source, id FROM concordat.event WHERE admission_partition IS NULL"
        return {(row["source"], row["id"]) for row in await self.rig.ask(query)}

    async def claim_nothing_lost(self) -> None:
        """Claim that every event was read by whom it is shared with, and not twice unmarked."""
        events = await self.rig.ask("SELECT source, id FROM concordat.event")
        decided = {(row["source"], row["id"]) for row in events}
        wanted = set(self.load.identities())
        rows = await self.rig.ask("SELECT agency, id FROM concordat.delivery")
        read = {(reader.agency, one) for reader in self.readers for one in reader.read}
        admitted = {(source, id_) for _, source, id_ in (await read_outcome(self.rig)).admitted}
        self.ground.findings.none(
            lost=len(wanted - decided),
            undelivered=RECIPIENTS_EACH * len(wanted) - len(rows),
            admitted_and_without_a_place=len(await self._without_a_place() & admitted),
            never_read=len({(row["agency"], row["id"]) for row in rows} - read),
            read_twice_unmarked_and_untold=sum(len(each.silently) for each in self.readers),
        )
        self.ground.findings.least(1, read_again_marked=sum(each.again for each in self.readers))
        self.ground.figure(events=len(wanted), deliveries=len(rows))


@asynccontextmanager
async def open_restored(
    ground: Ground, each: int, servers: tuple[str, str] | None = None
) -> AsyncIterator[Restored]:
    """Everything runs, and a first portion of events was read by all."""
    async with open_rig(ground, servers=servers) as rig:
        await asyncio.to_thread(rig.start_all, admit=1, route=1, deliver=1, inbox=1)
        readers = [RestoredReader(rig, agency) for agency in PUBLISHERS]
        readers[0].has_cursor = False
        restored = Restored(ground, rig, Load(rig), each, readers)
        await restored.publish_and_read()
        yield restored
