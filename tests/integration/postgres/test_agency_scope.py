"""P8 under every query: raw SQL as the API's role sees one agency's rows, or none."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio

from concordat.inbox.inbox_rows import read_items
from concordat.postgres.pool import Pool, agency_scope, open_pool
from concordat.postgres.roles import API, AUDITOR
from integration.postgres.databases import Database, fresh_database
from integration.postgres.rows import AGENCIES, fill

TABLES = {
    "event": "publisher",
    "repeat": "publisher",
    "redecision": "publisher",
    "inbox": "agency",
    "delivery": "agency",
    "stub": "agency",
}
OURS, THEIRS = AGENCIES


@pytest_asyncio.fixture(scope="module")
async def database(postgres: str) -> AsyncIterator[Database]:
    """One for all: every test here leaves it as it was, but for the marks of one delivery."""
    async with fresh_database(postgres) as database:
        await fill(database)
        yield database


@pytest_asyncio.fixture
async def api(database: Database) -> AsyncIterator[Pool]:
    async with open_pool(database.dsn(API), max_size=1) as pool:
        yield pool


@pytest.mark.parametrize("table", TABLES)
async def test_without_an_agency_there_are_no_rows(api: Pool, table: str) -> None:
    assert await api.fetchval(f"SELECT count(*) FROM {table}") == 0


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("agency", ["", "nobody", "%", "women-s-aid,schools", "WOMEN-S-AID"])
async def test_with_a_wrong_agency_there_are_no_rows(api: Pool, table: str, agency: str) -> None:
    async with agency_scope(api, agency) as scoped:
        assert await scoped.fetchval(f"SELECT count(*) FROM {table}") == 0


@pytest.mark.parametrize(("table", "owner"), TABLES.items())
async def test_with_an_agency_there_are_its_rows_only(api: Pool, table: str, owner: str) -> None:
    for agency in AGENCIES:
        async with agency_scope(api, agency) as scoped:
            rows = await scoped.fetch(f"SELECT {owner} FROM {table}")
            assert [row[owner] for row in rows] == [agency]


@pytest.mark.parametrize("table", TABLES)
async def test_the_scope_ends_with_its_transaction(api: Pool, table: str) -> None:
    async with agency_scope(api, OURS) as scoped:
        assert await scoped.fetchval(f"SELECT count(*) FROM {table}") == 1
        await scoped.execute("COMMIT")
        assert await scoped.fetchval(f"SELECT count(*) FROM {table}") == 0
    assert await api.fetchval(f"SELECT count(*) FROM {table}") == 0


async def test_the_generation_is_for_everybody(api: Pool) -> None:
    assert await api.fetchval("SELECT count(*) FROM exchange") == 1


@pytest.mark.parametrize("table", ["consumed", "unreadable_routed", "alembic_version"])
async def test_what_belongs_to_no_agency_is_not_for_the_api(api: Pool, table: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await api.fetch(f"SELECT * FROM {table}")


@pytest.mark.parametrize(
    "statement",
    [
        *(f"DELETE FROM {table}" for table in TABLES),
        "UPDATE delivery SET body = ''",
        "UPDATE delivery SET agency = 'schools'",
        "UPDATE inbox SET last_seq = 9",
        "UPDATE event SET shared = '[]'",
        "UPDATE stub SET moved_to = 3",
        "UPDATE redecision SET shared = '[]'",
        "UPDATE delivery SET seq = 3",
        "INSERT INTO stub SELECT * FROM stub",
        "INSERT INTO inbox VALUES ('women-s-aid', 1)",
        "INSERT INTO delivery SELECT * FROM delivery",
        "INSERT INTO event SELECT * FROM event",
        "TRUNCATE delivery",
        "ALTER TABLE delivery DISABLE ROW LEVEL SECURITY",
        "CREATE TABLE mine (x int)",
        "SET ROLE concordat_migrator",
    ],
)
async def test_the_api_may_not_write(api: Pool, statement: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with agency_scope(api, OURS) as scoped:
            await scoped.execute(statement)


async def test_the_api_marks_its_own_agency_s_deliveries_only(
    api: Pool, database: Database
) -> None:
    async with agency_scope(api, OURS) as scoped:
        done = await scoped.execute(
            "UPDATE delivery SET collected_at = now(), acknowledged_at = now()"
        )
    assert done == "UPDATE 1"
    async with open_pool(database.dsn(AUDITOR)) as auditor:
        assert await auditor.fetchval(
            "SELECT array_agg(agency) FROM delivery WHERE acknowledged_at IS NOT NULL"
        ) == [OURS]


async def test_an_error_inside_the_scope_undoes_it(api: Pool) -> None:
    with pytest.raises(asyncpg.DivisionByZeroError):
        await _acknowledge_and_fail(api)
    async with agency_scope(api, THEIRS) as scoped:
        assert await scoped.fetchval("SELECT acknowledged_at FROM delivery") is None


async def _acknowledge_and_fail(api: Pool) -> None:
    async with agency_scope(api, THEIRS) as scoped:
        await scoped.execute("UPDATE delivery SET acknowledged_at = now()")
        await scoped.execute("SELECT 1 / 0")


async def test_the_owner_of_the_tables_sees_no_rows(database: Database) -> None:
    owner = await asyncpg.connect(database.dsn("concordat_migrator"))
    for table in (*TABLES, "consumed", "unreadable_routed"):
        assert await owner.fetchval(f"SELECT count(*) FROM concordat.{table}") == 0
    await owner.close()


async def test_the_auditor_sees_all_but_the_bodies(database: Database) -> None:
    async with open_pool(database.dsn(AUDITOR)) as auditor:
        for table in TABLES:
            assert await auditor.fetchval(f"SELECT count(*) FROM {table}") == 2
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await auditor.fetch("SELECT body FROM delivery")


async def test_a_statement_that_takes_too_long_is_cancelled(database: Database) -> None:
    async with open_pool(database.dsn(API), statement_seconds=0.05) as hasty:
        with pytest.raises(asyncpg.QueryCanceledError):
            await hasty.execute("SELECT pg_sleep(20)")


async def test_no_session_waits_for_ever(api: Pool) -> None:
    for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
        assert await api.fetchval("SELECT current_setting($1)", name) not in ("0", "")


async def test_no_session_keeps_a_plan_for_tables_that_grow(api: Pool) -> None:
    async with agency_scope(api, OURS) as scoped:
        for _ in range(10):  # from the sixth on PostgreSQL may keep one
            await read_items(scoped, OURS, after=0, limit=10, acknowledged=False)
        page = await scoped.fetchrow(
            "SELECT generic_plans, custom_plans FROM pg_prepared_statements "
            "WHERE statement LIKE '%fitting%' AND statement NOT LIKE '%generic_plans%'"
        )
    assert page is not None
    assert tuple(page) == (0, 10)
