"""The auditor's two questions: what was disclosed of a case, and what a wrong share gave away."""

from collections.abc import AsyncIterator
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta

import asyncpg
import pytest
import pytest_asyncio

from builders import agreement_of, share_of
from concordat.postgres.delivered import Delivered, auditing
from concordat.postgres.disclosures import Disclosures, read_disclosures
from concordat.postgres.impact import Impact, ImpactedAgency, read_impact
from integration.postgres.databases import fresh_database
from integration.postgres.decided import CRIME, EVENT_TIME, Decisions, Grant

# An hour before midnight in UTC: in London the next day has begun.
LATE = datetime(2026, 6, 30, 23, 0, tzinfo=UTC)
TODAY = LATE.date()
HOUR = timedelta(hours=1)


@pytest_asyncio.fixture
async def decisions(postgres: str) -> AsyncIterator[Decisions]:
    async with fresh_database(postgres) as database:
        yield Decisions(database)


async def disclosed(decisions: Decisions, case: str = "case-0001") -> Disclosures | None:
    async with auditing(decisions.auditor) as connection:
        return await read_disclosures(connection, case)


async def test_a_case_tells_every_delivery_with_its_fields_and_times(decisions: Decisions) -> None:
    await decisions.store(
        "event-0001",
        Grant("social-care", ["category", "victim.dob as year"], ["a", "b"]),
        Grant("womens-aid", []),
        withheld=["probation", "fire"],
        stored_at=LATE,
    )
    await decisions.store("event-0002", withheld=["fire"], stored_at=LATE)
    await decisions.store("event-0003", Grant("fire", ["x"]), case="case-0002", stored_at=LATE)
    await decisions.mark("collected_at", "social-care", "event-0001", LATE + HOUR)
    await decisions.mark("acknowledged_at", "social-care", "event-0001", LATE + 2 * HOUR)
    found = await disclosed(decisions)
    assert found is not None
    assert (found.case, found.events, found.withheld) == ("case-0001", 2, 3)
    care, aid = found.deliveries
    assert care == Delivered(
        agency="social-care",
        seq=2,
        delivery_id="event-0001-social-care-protect",
        publisher="police",
        event_id="event-0001",
        case="case-0001",
        type=CRIME,
        event_time=EVENT_TIME,
        agreement="test-agreement",
        version=1,
        law="protect",
        shares=("a", "b"),
        fields=("category", "victim.dob as year"),
        arrived=None,
        delivered_at=LATE,
        collect_by=None,
        collected_at=LATE + HOUR,
        acknowledged_at=LATE + 2 * HOUR,
        keep_until=TODAY,
        purged_at=None,
    )
    assert (aid.agency, aid.fields, aid.collected_at, aid.acknowledged_at) == (
        "womens-aid",
        (),
        None,
        None,
    )


async def test_two_deliveries_of_one_event_each_have_their_own_fields(decisions: Decisions) -> None:
    await decisions.store(
        "event-0001",
        Grant("social-care", ["category"], law="protect"),
        Grant("social-care", ["month"], law="support"),
        stored_at=LATE,
    )
    found = await disclosed(decisions)
    assert found is not None
    assert [(each.law, each.fields) for each in found.deliveries] == [
        ("protect", ("category",)),
        ("support", ("month",)),
    ]


async def test_a_copy_that_was_decided_again_has_the_fields_it_now_has(
    decisions: Decisions,
) -> None:
    await decisions.store(
        "event-0001",
        Grant("social-care", ["category"]),
        Grant("womens-aid", ["category"]),
        withheld=["fire", "probation"],
        stored_at=LATE,
    )
    for again in (
        Grant("social-care", ["month"], version=2),
        Grant("womens-aid", ["district"], ["some-crimes"]),
    ):
        await decisions.decide_again("event-0001", again, new=False, at=LATE)
    late = Grant("fire", ["district"], version=2)
    await decisions.decide_again("event-0001", late, new=True, at=LATE + HOUR)
    found = await disclosed(decisions)
    assert found is not None
    assert [
        (each.agency, each.version, each.shares, each.fields, each.arrived)
        for each in found.deliveries
    ] == [
        ("social-care", 2, ("all-crimes",), ("month",), "replayed"),
        ("womens-aid", 1, ("some-crimes",), ("district",), "replayed"),
        ("fire", 2, ("all-crimes",), ("district",), None),
    ]
    assert found.withheld == 1


async def test_a_case_of_which_nothing_was_disclosed_is_not_an_unknown_one(
    decisions: Decisions,
) -> None:
    await decisions.store("event-0001", withheld=["fire"], stored_at=LATE)
    assert await disclosed(decisions) == Disclosures("case-0001", 1, 1, ())
    assert await disclosed(decisions, "case-9999") is None


async def impact(
    decisions: Decisions, since: date = TODAY, version: int | None = None, known: bool = True
) -> Impact:
    agreement = agreement_of(
        shares=[
            share_of(id="wrong", send=["category", "district"]),
            share_of(id="right", send=["category", "month"]),
            share_of(id="other", send=["district"]),
        ]
    )
    async with auditing(decisions.auditor) as connection:
        return await read_impact(
            connection,
            "test-agreement",
            "wrong",
            since,
            version=version,
            versions={1: agreement} if known else None,
        )


async def test_a_share_had_impact_where_it_held_and_by_the_fields_that_only_it_gave(
    decisions: Decisions,
) -> None:
    both, alone = ["category", "district", "month"], ["category", "district"]
    await decisions.store(
        "event-0001",
        Grant("social-care", both, ["wrong", "right"]),
        Grant("womens-aid", alone, ["wrong"]),
        Grant("fire", ["category", "month"], ["right"]),
        stored_at=LATE,
    )
    await decisions.store(
        "event-0002", Grant("social-care", alone, ["wrong"]), case="case-0002", stored_at=LATE
    )
    await decisions.store(
        "event-0003", Grant("fire", alone, ["wrong"], agreement="another"), stored_at=LATE
    )
    await decisions.mark("collected_at", "social-care", "event-0001", LATE + HOUR)
    await decisions.mark("collected_at", "social-care", "event-0002", LATE + HOUR)
    await decisions.mark("acknowledged_at", "social-care", "event-0002", LATE + HOUR)
    found = await impact(decisions)
    assert [
        (each.delivered.event_id, each.delivered.agency, each.only, each.exact)
        for each in found.deliveries
    ] == [
        ("event-0001", "social-care", ("district",), True),
        ("event-0002", "social-care", ("category", "district"), True),
        ("event-0001", "womens-aid", ("category", "district"), True),
    ]
    assert found.agencies == (
        ImpactedAgency("social-care", 2, 2, 1),
        ImpactedAgency("womens-aid", 1, 0, 0),
    )


async def test_without_the_register_every_field_of_the_delivery_is_told(
    decisions: Decisions,
) -> None:
    both = Grant("social-care", ["category", "district", "month"], ["wrong", "right"])
    await decisions.store("event-0001", both, stored_at=LATE)
    (found,) = (await impact(decisions, known=False)).deliveries
    assert (found.only, found.exact) == (("category", "district", "month"), False)


async def test_a_version_that_is_not_registered_is_not_taken_for_another(
    decisions: Decisions,
) -> None:
    grant = Grant("social-care", ["category", "month"], ["wrong", "right"], version=2)
    await decisions.store("event-0001", grant, stored_at=LATE)
    (found,) = (await impact(decisions)).deliveries
    assert (found.only, found.exact) == (("category", "month"), False)


async def test_impact_begins_with_the_day_in_london_and_may_be_of_one_version(
    decisions: Decisions,
) -> None:
    last_instant = LATE - timedelta(microseconds=1)
    await decisions.store("event-0001", Grant("fire", [], ["wrong"]), stored_at=last_instant)
    await decisions.store("event-0002", Grant("fire", [], ["wrong"], version=2), stored_at=LATE)

    async def events(since: date, version: int | None = None) -> list[str]:
        found = await impact(decisions, since, version)
        return [each.delivered.event_id for each in found.deliveries]

    assert await events(date(2026, 6, 30)) == ["event-0001", "event-0002"]
    assert await events(date(2026, 7, 1)) == ["event-0002"]
    assert await events(date(2026, 7, 2)) == []
    assert await events(date(2026, 6, 30), 1) == ["event-0001"]


async def test_a_copy_that_a_replay_replaced_counts_from_when_it_came_again(
    decisions: Decisions,
) -> None:
    await decisions.store("event-0001", Grant("fire", ["month"], ["right"]), stored_at=LATE)
    again = Grant("fire", ["district"], ["wrong"], version=2)
    await decisions.decide_again("event-0001", again, new=False, at=LATE + 48 * HOUR)
    (found,) = (await impact(decisions, date(2026, 7, 3))).deliveries
    assert (found.delivered.event_id, found.only) == ("event-0001", ("district",))
    assert found.delivered.delivered_at == LATE + 48 * HOUR


async def test_a_share_whose_name_begins_like_another_is_not_it(decisions: Decisions) -> None:
    await decisions.store("event-0001", Grant("fire", [], ["wrong-too"]), stored_at=LATE)
    assert (await impact(decisions)).deliveries == ()


async def test_the_auditors_connection_cannot_write_and_no_answer_holds_contents(
    decisions: Decisions,
) -> None:
    await decisions.store("event-0001", Grant("fire", ["x"], ["wrong"]), stored_at=LATE)
    found = await disclosed(decisions)
    assert found is not None
    assert "canary" not in str(asdict(found)) + str(asdict(await impact(decisions)))
    async with auditing(decisions.auditor) as connection:
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await connection.execute("DELETE FROM concordat.event")
