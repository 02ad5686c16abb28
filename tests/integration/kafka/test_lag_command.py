"""`concordat lag` on a real Kafka and Postgres: who has no members, who stands, who keeps up."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
import structlog
import typer
from confluent_kafka import Consumer
from typer.testing import CliRunner

from concordat.cli.lag import lag
from concordat.kafka.group_looks import count_members
from concordat.postgres.roles import AUDITOR
from concordat.streams.groups import group_of
from exchange_on_kafka import KafkaExchange, event
from integration.postgres.databases import Database, fresh_database
from waiting import until

pytestmark = pytest.mark.timeout(240)


def run_lag(*options: str, **surroundings: str) -> Any:
    """The command in this process, whose logs go to no closed file afterwards."""
    app = typer.Typer()
    app.command()(lag)
    try:
        return CliRunner().invoke(app, list(options), env=surroundings)
    finally:
        structlog.reset_defaults()


@dataclass
class Asking:
    """The command, on an exchange of the test's own."""

    exchange: KafkaExchange
    database: Database

    def run(self, *options: str) -> Any:
        """Run `concordat lag OPTIONS`."""
        return run_lag(
            *options,
            CONCORDAT_KAFKA=self.exchange.kafka,
            CONCORDAT_TOPIC_PREFIX=self.exchange.topics.prefix,
            CONCORDAT_AUDITOR=self.database.dsn(AUDITOR),
            CONCORDAT_STATE=str(self.exchange.folder / "none"),
        )

    def route(self, *options: str) -> tuple[str, int, str]:
        """The verdict on route, how much it has to do, and why."""
        result = self.run("--json", "--window", "2", *options)
        assert result.exit_code == 0, result.output
        told = json.loads(result.stdout)
        assert told["judged_by_book"] is True
        (found,) = (each for each in told["stages"] if each["stage"] == "route")
        return found["verdict"], found["behind"], found["reason"]

    @contextmanager
    def idle_member(self) -> Iterator[None]:
        """A process that is in route's group, reads, and commits nothing."""
        group = group_of("route", self.exchange.topics)
        member = Consumer(
            {"bootstrap.servers": self.exchange.kafka, "group.id": group, "log_level": 3}
            | {"enable.auto.commit": False, "auto.offset.reset": "earliest"}
        )
        member.subscribe([self.exchange.topics.incidents])
        stop = threading.Event()

        def read() -> None:
            while not stop.is_set():
                member.consume(10, 0.1)

        reading = threading.Thread(target=read)
        reading.start()
        try:
            until(lambda: count_members(self.exchange.admin, group) == 1, "a member")
            yield
        finally:
            stop.set()
            reading.join()
            member.close()


@pytest_asyncio.fixture
async def asking(exchange: KafkaExchange, postgres: str) -> AsyncIterator[Asking]:
    async with fresh_database(postgres) as database:
        yield Asking(exchange, database)


async def test_a_stage_is_told_to_be_away_to_stand_and_to_keep_up(asking: Asking) -> None:
    await asyncio.to_thread(_away_then_standing_then_keeping_up, asking)


def _away_then_standing_then_keeping_up(asking: Asking) -> None:
    asking.exchange.admit_directly(event(number, cases=1) for number in range(20))
    verdict, behind, reason = asking.route()
    assert (verdict, behind, reason) == ("no members", 20, "No process of this stage is running.")
    with asking.idle_member():
        verdict, behind, reason = asking.route()
        assert (verdict, behind) == ("stalled", 20)
        assert "has stood at 0 for" in reason
    with asking.exchange.thread("route"):
        asking.exchange.until_drained("route")
        assert asking.route() == ("keeping up", 0, "")


async def test_a_check_says_no_unless_everybody_keeps_up(asking: Asking) -> None:
    result = await asyncio.to_thread(asking.run, "--check", "--window", "0.5")
    assert result.exit_code == 1
    assert "no members" in result.stdout


async def test_an_address_where_nothing_answers_is_a_sentence() -> None:
    def run() -> Any:
        return run_lag(
            CONCORDAT_KAFKA="127.0.0.1:1",
            CONCORDAT_AUDITOR="postgresql://127.0.0.1:1",
            CONCORDAT_STATE="/nonexistent",
        )

    result = await asyncio.to_thread(run)
    assert result.exit_code == 69
    assert "cannot be asked" in result.output
