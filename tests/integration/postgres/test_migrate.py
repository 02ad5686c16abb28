import asyncio
from io import StringIO
from pathlib import Path

import asyncpg
import pytest
from alembic import command

from concordat.postgres.migrate import _config, current, migrate, newest
from concordat.postgres.roles import MIGRATOR, UnknownRole, ensure_roles
from integration.postgres.databases import Database


async def test_an_empty_database_has_no_revision(unmigrated: Database) -> None:
    assert await current(unmigrated.dsn(MIGRATOR)) is None


async def test_migrating_twice_keeps_the_generation(unmigrated: Database) -> None:
    dsn = unmigrated.dsn(MIGRATOR)
    assert await migrate(dsn) == newest() == await current(dsn)
    first = await _generation(unmigrated)
    await migrate(dsn)
    assert await _generation(unmigrated) == first
    assert len(first) == 16


async def test_two_migrations_at_once_make_one_schema(unmigrated: Database) -> None:
    dsn = unmigrated.dsn(MIGRATOR)
    assert set(await asyncio.gather(*(migrate(dsn) for _ in range(4)))) == {newest()}


async def test_a_migration_is_silent_and_needs_no_file_of_the_working_directory(
    unmigrated: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    await migrate(unmigrated.dsn(MIGRATOR))
    out, said = capfd.readouterr()
    # Clients that other tests of this process have dropped may still look for their broker.
    assert (out, [line for line in said.splitlines() if line[:1] != "%"]) == ("", [])
    assert not any(tmp_path.iterdir())  # noqa: ASYNC240 - one look at an empty folder


async def test_what_was_stored_before_items_knew_their_type_is_judged_by_its_decision(
    unmigrated: Database,
) -> None:
    first = StringIO()
    command.upgrade(_config(first), "base:0001", sql=True)
    connection = await asyncpg.connect(unmigrated.dsn(MIGRATOR))
    await connection.execute("CREATE SCHEMA concordat")
    await connection.execute(first.getvalue())
    await connection.close()
    connection = await asyncpg.connect(unmigrated.superuser)
    await connection.execute(
        """INSERT INTO concordat.event (source, id, publisher, type, subject, synthetic, content,
           admission_partition, admission_offset, register_offset, decided_at, shared, withheld)
           VALUES ('//police', 'event-0001', 'police', 'a-type', 'case-0001', false, '', 0, 0, 17,
           now(), '[]', '[]');
           INSERT INTO concordat.delivery (agency, seq, id, source, event_id, publisher, subject,
           agreement, version, law, shares, body) VALUES ('schools', 1, 'd', '//police',
           'event-0001', 'police', 'case-0001', 'worcs', 1, 'safeguard', 'all', '{}')"""
    )
    await migrate(unmigrated.dsn(MIGRATOR))
    [row] = await connection.fetch(
        """SELECT event_type, register_offset, arrived, collect_by, purged_at,
           numbered_at = stored_at FROM concordat.delivery"""
    )
    assert tuple(row) == ("a-type", 17, None, None, None, True)
    await connection.close()


async def test_a_failed_migration_leaves_nothing(unmigrated: Database) -> None:
    connection = await asyncpg.connect(unmigrated.superuser)
    await connection.execute("CREATE SCHEMA concordat AUTHORIZATION concordat_migrator")
    await connection.execute("CREATE TABLE concordat.inbox (wrong int)")
    with pytest.raises(asyncpg.DuplicateTableError):
        await migrate(unmigrated.dsn(MIGRATOR))
    assert await connection.fetchval("SELECT to_regclass('concordat.exchange')") is None
    await connection.close()


async def test_a_password_for_a_role_that_is_not_ours_is_refused(postgres: str) -> None:
    with pytest.raises(UnknownRole):
        await ensure_roles(postgres, {"postgres": "x"})


async def _generation(database: Database) -> str:
    connection = await asyncpg.connect(database.superuser)
    value: str = await connection.fetchval("SELECT generation FROM concordat.exchange")
    await connection.close()
    return value
