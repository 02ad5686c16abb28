"""What the catalogue says of roles, tables and grants."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio

from concordat.postgres.pool import Connection
from concordat.postgres.roles import API, AUDITOR, DELIVER, MIGRATOR, ROLES, ensure_roles
from integration.postgres.databases import Database, fresh_database

OPEN_TABLES = {"exchange", "alembic_version"}


@pytest_asyncio.fixture(scope="module")
async def database(postgres: str) -> AsyncIterator[Database]:
    async with fresh_database(postgres) as database:
        yield database


@pytest_asyncio.fixture
async def catalogue(database: Database) -> AsyncIterator[Connection]:
    connection = await asyncpg.connect(database.superuser)
    yield connection
    await connection.close()


async def test_no_role_is_superuser_or_bypasses_row_level_security(catalogue: Connection) -> None:
    rows = await catalogue.fetch(
        """SELECT rolname FROM pg_roles WHERE rolname = ANY($1)
           AND NOT (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication
                    OR rolinherit) AND rolcanlogin""",
        list(ROLES),
    )
    assert {row["rolname"] for row in rows} == set(ROLES)


async def test_no_role_is_a_member_of_another(catalogue: Connection) -> None:
    assert not await catalogue.fetch(
        """SELECT 1 FROM pg_auth_members JOIN pg_roles ON pg_roles.oid IN (roleid, member)
           WHERE rolname = ANY($1)""",
        list(ROLES),
    )


async def test_a_role_that_was_given_too_much_loses_it(
    catalogue: Connection, database: Database
) -> None:
    await catalogue.execute("ALTER ROLE concordat_auditor CREATEROLE")
    await ensure_roles(database.superuser, {})
    assert not await catalogue.fetchval(
        "SELECT rolcreaterole FROM pg_roles WHERE rolname = 'concordat_auditor'"
    )


async def test_only_the_migrator_owns_anything_in_the_database(catalogue: Connection) -> None:
    rows = await catalogue.fetch(
        """SELECT DISTINCT rolname FROM pg_class JOIN pg_roles ON pg_roles.oid = relowner
           JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE nspname = 'concordat'"""
    )
    assert [row["rolname"] for row in rows] == [MIGRATOR]


async def test_every_table_with_agency_data_has_row_level_security_enabled_and_forced(
    catalogue: Connection,
) -> None:
    rows = await catalogue.fetch(
        """SELECT relname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
           WHERE nspname = 'concordat' AND relkind IN ('r', 'p', 'v', 'm')
           AND NOT (relrowsecurity AND relforcerowsecurity)"""
    )
    assert {row["relname"] for row in rows} == OPEN_TABLES


async def test_public_has_no_right_on_the_schema_or_the_database(catalogue: Connection) -> None:
    for acl, where in (
        ("nspacl", "pg_namespace WHERE nspname = 'concordat'"),
        ("datacl", "pg_database WHERE datname = current_database()"),
        ("relacl", "pg_class WHERE relnamespace = 'concordat'::regnamespace"),
    ):
        assert not await catalogue.fetch(
            f"SELECT 1 FROM (SELECT (aclexplode({acl})).grantee FROM {where}) AS acls "
            "WHERE grantee = 0"
        )
    assert await catalogue.fetchval(
        "SELECT datacl FROM pg_database WHERE datname = current_database()"
    )


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (
            API,
            {
                "exchange": "SELECT",
                "event": "SELECT",
                "repeat": "SELECT",
                "inbox": "SELECT",
                "delivery": "SELECT",
                "stub": "SELECT",
                "redecision": "SELECT",
                "direct_feed": "INSERT,SELECT",
            },
        ),
        (
            AUDITOR,
            {
                "exchange": "SELECT",
                "consumed": "SELECT",
                "event": "SELECT",
                "repeat": "SELECT",
                "inbox": "SELECT",
                "stub": "SELECT",
                "redecision": "SELECT",
                "direct_feed": "SELECT",
                "unreadable_routed": "SELECT",
                "followed_log": "SELECT",
            },
        ),
        (
            DELIVER,
            {
                "exchange": "SELECT",
                "consumed": "DELETE,INSERT,SELECT,UPDATE",
                "event": "INSERT,SELECT",
                "repeat": "INSERT,SELECT",
                "inbox": "INSERT,SELECT",
                "delivery": "INSERT",
                "stub": "INSERT,SELECT",
                "redecision": "INSERT,SELECT",
                "unreadable_routed": "INSERT,SELECT",
                "followed_log": "INSERT,SELECT,UPDATE",
            },
        ),
    ],
)
async def test_a_role_has_these_rights_on_whole_tables_and_no_others(
    catalogue: Connection, role: str, may: dict[str, str]
) -> None:
    rows = await catalogue.fetch(
        """SELECT table_name, string_agg(privilege_type, ',' ORDER BY privilege_type) AS rights
           FROM information_schema.table_privileges
           WHERE grantee = $1 AND table_schema = 'concordat' GROUP BY table_name""",
        role,
    )
    assert {row["table_name"]: row["rights"] for row in rows} == may


async def test_the_auditor_may_read_every_column_of_a_delivery_but_its_body(
    catalogue: Connection,
) -> None:
    rows = await catalogue.fetch(
        """SELECT attname, has_column_privilege('concordat_auditor', attrelid, attnum, 'SELECT')
           AS may FROM pg_attribute WHERE attrelid = 'concordat.delivery'::regclass
           AND attnum > 0"""
    )
    assert [row["attname"] for row in rows if not row["may"]] == ["body"]


@pytest.mark.parametrize(
    ("role", "table", "may"),
    [
        (API, "delivery", {"collected_at", "acknowledged_at", "put_away"}),
        (API, "stub", {"acknowledged_at"}),
        (API, "redecision", set()),
        (
            DELIVER,
            "delivery",
            {
                *("seq", "version", "shares", "body", "keep_until", "collect_by", "arrived"),
                *("register_offset", "numbered_at", "acknowledged_at", "purged_at", "put_away"),
            },
        ),
        (DELIVER, "stub", set()),
        (DELIVER, "redecision", set()),
        (DELIVER, "event", {"admission_partition", "admission_offset"}),
        (DELIVER, "repeat", {"admission_partition", "admission_offset"}),
        (DELIVER, "exchange", {"generation", "created_at"}),
    ],
)
async def test_a_role_may_change_these_columns_and_no_others(
    catalogue: Connection, role: str, table: str, may: set[str]
) -> None:
    rows = await catalogue.fetch(
        """SELECT attname FROM pg_attribute WHERE attrelid = $2::text::regclass AND attnum > 0
           AND has_column_privilege($1, attrelid, attnum, 'UPDATE')""",
        role,
        f"concordat.{table}",
    )
    assert {row["attname"] for row in rows} == may


async def test_deliver_writes_and_empties_contents_and_can_never_read_them(
    catalogue: Connection,
) -> None:
    assert not await catalogue.fetchval(
        "SELECT has_column_privilege($1, 'concordat.delivery', 'body', 'SELECT')", DELIVER
    )
