"""Dead letters as an operator sees and treats them: the commands, on a real Kafka and Postgres."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import asyncpg
import msgspec
import pytest
import pytest_asyncio
from confluent_kafka import TopicPartition
from typer.testing import CliRunner

from concordat.agreements.parties import Agency
from concordat.cli.dead_letters import app
from concordat.kafka.topics_admin import apply_topics
from concordat.postgres.roles import AUDITOR
from concordat.stages.dead_letter import dead_letter
from concordat.stages.record import JSON, Record
from concordat.stages.routed import read_routed, write_routed
from exchange_on_kafka import KafkaExchange, event
from integration.postgres.databases import Database, fresh_database
from kafka_log import Written, append
from unit.deliver.records import routed

CANARY = "Rosalind Elsie Canary"
NEWCOMER = "newcomer"

pytestmark = pytest.mark.timeout(240)


@dataclass
class Desk:
    """An operator's commands on an exchange of the test's own."""

    exchange: KafkaExchange
    database: Database

    def run(self, *arguments: str) -> Any:
        """Run `concordat dead-letters ARGUMENTS`; nothing personal is in what it says."""
        result = CliRunner().invoke(
            app,
            list(arguments),
            env={
                "CONCORDAT_KAFKA": self.exchange.kafka,
                "CONCORDAT_TOPIC_PREFIX": self.exchange.topics.prefix,
                "CONCORDAT_AUDITOR": self.database.dsn(AUDITOR),
                "CONCORDAT_STATE": str(self.exchange.folder / "none"),
            },
        )
        assert CANARY not in result.output
        return result

    def json(self, *arguments: str, code: int = 0) -> Any:
        """Its stdout as JSON."""
        result = self.run(*arguments, "--json")
        assert result.exit_code == code, result.output
        return json.loads(result.stdout)

    @property
    def causes(self) -> list[dict[str, Any]]:
        causes: list[dict[str, Any]] = self.json("list")["causes"]
        return causes

    def outcomes(self, *arguments: str, code: int = 0) -> dict[str, int]:
        """How many letters a retry comes to, by outcome."""
        told = self.json("retry", *arguments, code=code)
        return {each["outcome"]: each["letters"] for each in told["outcomes"]}

    def open_outbox_of_nobody(self) -> str:
        """Make the topic of an agency that is not registered."""
        ours = next(
            plan
            for plan in self.exchange.plans
            if plan.name == self.exchange.topics.outbox("police")
        )
        topic = self.exchange.topics.outbox(NEWCOMER)
        apply_topics(self.exchange.admin, [replace(ours, name=topic, partitions=1)])
        return topic

    def register_newcomer(self) -> None:
        """Register it, and make the topic of its receipts."""
        record = Agency.model_validate(
            {
                "schema": "concordat/agency/v1",
                "id": NEWCOMER,
                "name": NEWCOMER,
                "controller": "council",
            }
        )
        self.exchange.register.write(f"agency/{NEWCOMER}", record.model_dump_json())
        self.exchange.write_register()
        receipts = self.exchange.topics.receipts(NEWCOMER)
        ours = next(
            plan
            for plan in self.exchange.plans
            if plan.name == self.exchange.topics.receipts("police")
        )
        apply_topics(self.exchange.admin, [replace(ours, name=receipts)])

    def poison(self) -> str:
        """Two records of an agency that is not registered, an event and rubbish; none admitted."""
        topic = self.open_outbox_of_nobody()
        good = event(1, NEWCOMER)
        records = [(b"case-00000001", good), (CANARY.encode(), CANARY.encode())]
        assert not append(self.exchange.producer, topic, records)
        with self.exchange.thread("admit"):
            self.exchange.until_drained("admit")
        assert self.exchange.incidents() == []
        return topic

    def letter(self, stage: str, topic: str, partition: int, offset: int, value: bytes) -> None:
        """Write the letter that `stage` writes for a record."""
        record = Record(topic, partition, offset, None, value, None)
        letter = dead_letter(self.exchange.topics.dead_letters, stage, record, "UNREADABLE")
        records: list[tuple[bytes | None, bytes | None]] = [(letter.key, letter.value)]
        assert not append(self.exchange.producer, letter.topic, records, JSON)

    @property
    def notes(self) -> list[dict[str, Any]]:
        """What was noted on letters."""
        values = [
            msgspec.json.decode(record.value)
            for record in self.exchange.read(self.exchange.topics.dead_letters)
        ]
        return [value for value in values if "action" in value]


@pytest_asyncio.fixture
async def desk(exchange: KafkaExchange, postgres: str) -> AsyncIterator[Desk]:
    async with fresh_database(postgres) as database:
        yield Desk(exchange, database)


async def test_poison_is_listed_shown_and_retried_once_its_agency_is_registered(desk: Desk) -> None:
    await asyncio.to_thread(_poison_to_admission, desk)


def _poison_to_admission(desk: Desk) -> None:
    topic = desk.poison()
    (cause,) = desk.causes
    assert cause["cause"] == f"admit/{topic}/UNKNOWN_AGENCY"
    assert (cause["open"], cause["readable"], cause["retried"]) == (2, 2, 0)
    assert cause["oldest"] <= cause["newest"]
    place = f"{topic}/0/0"
    told = desk.json("show", place)
    assert (told["state"], told["size"], told["readable"]) == (
        "open",
        len(event(1, NEWCOMER)),
        True,
    )

    # Nothing has changed yet: a rehearsal says so.
    assert desk.outcomes("--all") == {"unchanged": 2}
    desk.register_newcomer()
    assert desk.outcomes("--all", code=1) == {"admitted": 1, "refused": 1}
    assert desk.exchange.incidents() == []
    assert desk.notes == []

    assert desk.outcomes("--cause", cause["cause"], "--yes", "--operator", "ada") == {
        "admitted": 1,
        "refused": 1,
    }
    (incident,) = desk.exchange.incidents()
    assert msgspec.json.decode(incident.value) == msgspec.json.decode(event(1, NEWCOMER))
    (receipt,) = desk.exchange.read(desk.exchange.topics.receipts(NEWCOMER))
    assert receipt.key.decode() == f"{topic}/0/1"
    assert CANARY.encode() not in receipt.value
    assert desk.exchange.written(topic) == 2  # nobody wrote to its outbox
    _all_are_retried(desk, place, incident)


def _all_are_retried(desk: Desk, place: str, incident: Written) -> None:
    (after,) = desk.causes
    assert (after["open"], after["retried"], after["oldest"]) == (0, 2, None)
    told = desk.json("show", place)
    assert told["state"] == "retried"
    (note,) = told["notes"]
    assert (note["by"], note["outcome"]) == ("ada", "admitted")
    written = f"{incident.topic}/{incident.partition}/{incident.offset}"
    assert note["written"] == written
    assert desk.outcomes("--all") == {}

    # Routed once, however often it is retried: the second admission is a repeat of the first.
    assert desk.outcomes(place, "--yes") == {"admitted": 1}
    with desk.exchange.thread("route"):
        desk.exchange.until_drained("route")
    decided = desk.exchange.routed()
    assert {(each.source, each.id) for each in decided} == {
        (f"//{NEWCOMER}", f"{NEWCOMER}-00000001")
    }
    assert len({each.content for each in decided}) == 1


async def test_a_letter_is_given_up_with_a_reason_that_is_kept(desk: Desk) -> None:
    await asyncio.to_thread(_given_up, desk)


def _given_up(desk: Desk) -> None:
    topic = desk.poison()
    place, cause = f"{topic}/0/1", f"admit/{topic}/UNKNOWN_AGENCY"
    for wrong in ("", "   ", "x" * 201, "two\nlines"):
        assert desk.run("discard", place, "--yes", "--because", wrong).exit_code == 2
    told = desk.json("discard", place, "--because", "A test of ours.", code=1)
    assert (told["discarded"], len(told["letters"])) == (False, 1)
    assert desk.notes == []

    desk.json("discard", place, "--because", " A test of ours. ", "--yes", "--operator", "ada")
    assert desk.notes == [{"action": "discarded", "by": "ada", "because": "A test of ours."}]
    (listed,) = desk.causes
    assert (listed["open"], listed["discarded"]) == (1, 1)
    shown = desk.run("show", place).output
    assert "discarded by ada" in shown
    assert "A test of ours." in shown

    desk.json("discard", "--cause", cause, "--because", "All of it.", "--yes")
    (listed,) = desk.causes
    assert (listed["open"], listed["discarded"]) == (0, 2)
    # Nothing was deleted: what was given up by mistake can still be admitted.
    desk.register_newcomer()
    assert desk.outcomes("--all") == {}
    assert desk.outcomes(f"{topic}/0/0", "--yes") == {"admitted": 1}
    assert desk.json("show", f"{topic}/0/0")["state"] == "retried"


async def test_what_cannot_be_named_is_refused(desk: Desk) -> None:
    await asyncio.to_thread(_refused, desk)


def _refused(desk: Desk) -> None:
    assert desk.causes == []
    because = ("--because", "A test of ours.")
    assert desk.run("show", "nowhere").exit_code == 2
    for command in (["show"], ["retry"], ["discard", *because]):
        unknown = desk.run(*command, "incidents/0/99")
        assert unknown.exit_code == 1
        assert "no dead letter at incidents/0/99" in unknown.output
    for command in (["retry"], ["discard", *because]):
        assert desk.run(*command).exit_code == 2
        assert desk.run(*command, "incidents/0/9", "--cause", "a/b/c").exit_code == 2
        assert desk.run(*command, "--cause", "admit/outbox.x/Y").exit_code == 1
    desk.poison()
    assert desk.run("retry", "--all", "--yes", "--operator", "not a name").exit_code == 2


async def test_an_incident_is_admitted_anew_when_it_can_be_read_and_not_for_ever(
    desk: Desk,
) -> None:
    await asyncio.to_thread(_incidents, desk)


def _incidents(desk: Desk) -> None:
    exchange = desk.exchange
    rubbish: list[tuple[bytes | None, bytes | None]] = [(b"case-00000001", CANARY.encode())]
    assert not append(exchange.producer, exchange.topics.incidents, rubbish)
    with exchange.thread("route"):
        exchange.until_drained("route")
    (bad,) = exchange.incidents()
    # What an older route could not read, and this one can.
    exchange.admit_directly([event(1)])
    (good,) = (record for record in exchange.incidents() if record.value == event(1))
    desk.letter("route", good.topic, good.partition, good.offset, good.value)

    assert desk.outcomes("--all", code=1) == {"routed again": 1, "unchanged": 1}
    assert desk.outcomes("--all", "--yes", code=1) == {"routed again": 1, "unchanged": 1}
    assert [each.value for each in exchange.incidents()].count(event(1)) == 2
    with exchange.thread("route"):
        exchange.until_drained("route")
    assert {each.id for each in exchange.routed()} == {
        f"unreadable-{bad.partition}-{bad.offset}",
        "police-00000001",
    }
    # What stays unreadable is tried three times with the others, then only by its place.
    for _ in range(2):
        assert desk.outcomes("--all", "--yes", code=1) == {"unchanged": 1}
    skipped = desk.json("retry", "--all", "--yes")
    assert (skipped["outcomes"], skipped["skipped"]) == ([], 1)
    (cause,) = desk.causes
    assert (cause["open"], cause["worn"], cause["retried"]) == (1, 1, 1)
    place = f"{bad.topic}/{bad.partition}/{bad.offset}"
    assert desk.outcomes(place, "--yes", code=1) == {"unchanged": 1}
    assert desk.json("show", place)["tries"] == 4


async def test_what_its_topic_no_longer_holds_can_only_be_given_up(desk: Desk) -> None:
    await asyncio.to_thread(_gone, desk)


def _gone(desk: Desk) -> None:
    topic = desk.poison()
    desk.register_newcomer()
    kept_from = TopicPartition(topic, 0, 1)
    desk.exchange.admin.delete_records([kept_from])[kept_from].result(30)
    (cause,) = desk.causes
    assert (cause["open"], cause["readable"]) == (2, 1)
    assert desk.outcomes("--all", code=1) == {"gone": 1, "refused": 1}
    assert desk.outcomes("--all", "--yes", code=1) == {"gone": 1, "refused": 1}
    (cause,) = desk.causes
    assert (cause["open"], cause["retried"]) == (1, 1)
    every = desk.json("list", "--all")["letters"]
    assert [(each["state"], each["readable"]) for each in every] == [
        ("open", False),
        ("retried", True),
    ]


async def test_what_deliver_set_aside_is_written_again_once_it_can_be_stored(desk: Desk) -> None:
    exchange, topic = desk.exchange, desk.exchange.topics.routed
    decision = write_routed(routed("event-0001", (0, 0), "schools"))
    for value in (decision, CANARY.encode()):
        append(exchange.producer, topic, [(b"case-0001", value)], JSON)
    first, second = exchange.read(topic)
    connection = await asyncpg.connect(desk.database.superuser)
    for record, reason in ((first, "OUT_OF_RANGE"), (second, "NOT_A_ROUTED_RECORD")):
        place = (topic, record.partition, record.offset)
        await connection.execute(
            "INSERT INTO concordat.unreadable_routed VALUES ($1, $2, $3, $4, now())",
            *place,
            reason,
        )
        await connection.execute(
            "INSERT INTO concordat.unreadable_routed VALUES ('other.routed', $1, $2, $3, now())",
            *place[1:],
            reason,
        )
        await connection.execute(
            """INSERT INTO concordat.unreadable_routed
               VALUES ($1, $2, $3, $4, now() - interval '31 days')""",
            topic,
            7,
            record.offset,
            reason,
        )
    await connection.close()

    def retried() -> None:
        assert [(each["cause"], each["open"]) for each in desk.causes] == [
            (f"deliver/{topic}/NOT_A_ROUTED_RECORD", 1),
            (f"deliver/{topic}/OUT_OF_RANGE", 1),
        ]
        expected = {"written to be stored": 1, "unchanged": 1}
        assert desk.outcomes("--all", code=1) == expected
        assert exchange.written(topic) == 2
        assert desk.outcomes("--all", "--yes", code=1) == expected
        values = [record.value for record in exchange.read(topic)]
        assert (values.count(decision), len(values)) == (2, 3)
        again = exchange.read(topic)[-1]
        assert read_routed(again.value).id == "event-0001"
        assert (again.partition, again.key) == (first.partition, first.key)

    await asyncio.to_thread(retried)
