"""Raw SQL as the API's role: what it sees of each table with this agency set, or that, or none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import asyncpg

from concordat.postgres.pool import Connection, session_settings
from concordat.postgres.roles import API, ROLES
from faults.findings import Findings
from faults.foreign.holdings import Held
from faults.rig import Rig

OWNERS: Mapping[str, str] = {
    "event": "publisher",
    "repeat": "publisher",
    "redecision": "publisher",
    "inbox": "agency",
    "delivery": "agency",
    "stub": "agency",
    "direct_feed": "agency",
}
"""The column that says whose a row is, for each table that the API's role may read."""
FOR_EVERYBODY = frozenset({"exchange"})
OPEN_TABLES = frozenset({"exchange", "alembic_version"})
"""No agency's: the generation of the database and of its schema."""

WRONG = ("", " ", "nobody", "%", "_", "*", "NULL", "' OR true --", "{0}", "{0},{1}", "//{0}")
"""Settings that name nobody; `{0}` and `{1}` are made of agencies' names, and not one of them."""

FORBIDDEN = (
    "SET row_security = off; SELECT * FROM delivery",
    "SET ROLE concordat_deliver",
    "SET ROLE concordat_migrator",
    "SET SESSION AUTHORIZATION concordat_auditor",
    "ALTER TABLE delivery DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE delivery NO FORCE ROW LEVEL SECURITY",
    "CREATE POLICY mine ON delivery USING (true)",
    "CREATE TEMP TABLE mine AS SELECT * FROM delivery",
    "CREATE FUNCTION mine() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
    "CREATE VIEW mine AS SELECT * FROM delivery",
    "COPY delivery TO PROGRAM 'cat'",
    "SELECT pg_read_file('PG_VERSION')",
    "DELETE FROM delivery",
    "UPDATE delivery SET agency = agency",
    "INSERT INTO delivery SELECT * FROM delivery",
    "INSERT INTO direct_feed VALUES ('{other}', 'mine', 9)",
    "INSERT INTO direct_feed VALUES ('nobody-at-all', 'mine', 9)",
    "INSERT INTO direct_feed VALUES ('{other}', 'mine', 9) ON CONFLICT DO NOTHING",
    "TRUNCATE event",
    "LOCK TABLE event IN ACCESS EXCLUSIVE MODE",
    "SELECT * FROM consumed",
    "SELECT * FROM unreadable_routed",
    "SELECT * FROM alembic_version",
)
"""Statements that the role has no right to, with an agency set."""

SIDEWAYS = (
    # A function of the row may not be asked before whose the row is: it would raise.
    "SELECT 1 / (seq - {other_seq}) FROM delivery WHERE 1 / (seq - {other_seq}) > -2",
    "SELECT * FROM delivery WHERE seq = {other_seq} FOR UPDATE",
    "SELECT d.body FROM delivery d RIGHT JOIN stub s ON true WHERE d.agency = '{other}'",
    "SELECT * FROM event WHERE EXISTS (SELECT 1 FROM delivery WHERE agency = '{other}')",
    "SELECT DISTINCT publisher FROM event WHERE publisher = '{other}'",
    "WITH RECURSIVE a AS (SELECT agency, seq FROM delivery UNION SELECT agency, seq FROM a)"
    " SELECT * FROM a WHERE agency = '{other}'",
    "SELECT most_common_vals::text FROM pg_stats WHERE schemaname = 'concordat'"
    " AND tablename <> 'exchange'",
    "SELECT query FROM pg_stat_activity WHERE query LIKE '%{other}%' AND pid <> pg_backend_pid()",
    "UPDATE delivery SET acknowledged_at = now() WHERE agency = '{other}' RETURNING body",
    "UPDATE stub SET acknowledged_at = now() WHERE agency = '{other}' RETURNING *",
    "UPDATE direct_feed SET seq = 9 WHERE agency = '{other}' RETURNING *",
    "INSERT INTO direct_feed SELECT agency, 'mine', 1 FROM delivery WHERE agency = '{other}'"
    " RETURNING *",
)
"""Statements that the role may run, and that must find nothing of another's."""


@dataclass
class Seen:
    """What was asked and what came back."""

    statements: int = 0
    own_rows: int = 0
    foreign_rows: int = 0
    wrong_scopes: int = 0
    allowed: int = 0


async def claim_rows(rig: Rig, held: Sequence[Held], findings: Findings) -> None:
    """Claim that the role sees each agency's rows with that agency set, and no others."""
    seen = Seen()
    connection = await asyncpg.connect(rig.database.dsn(API), server_settings=session_settings())
    try:
        tables = await _readable(connection)
        if unknown := tables - OWNERS.keys() - FOR_EVERYBODY:
            findings.fail(f"nobody has said whose the rows are of {sorted(unknown)}")
        await _scopes(connection, tables & OWNERS.keys(), held, seen)
        for one, other in zip(held, [*held[1:], held[0]], strict=True):
            await _statements(connection, one, other, seen)
    finally:
        await connection.close()
    findings.least(len(held) * len(OWNERS), sql_statements=seen.statements)
    findings.least(len(OWNERS), sql_tables=len(tables & OWNERS.keys()))
    findings.same(await _rows(rig, tables & OWNERS.keys(), held), sql_own_rows=seen.own_rows)
    findings.least(len(WRONG), sql_wrong_scopes=seen.wrong_scopes)
    findings.none(sql_foreign_rows=seen.foreign_rows, sql_allowed=seen.allowed)


async def _readable(connection: Connection) -> set[str]:
    """Every table and view of which the role may read a column."""
    rows = await connection.fetch(
        """SELECT relname FROM pg_class WHERE relnamespace = 'concordat'::regnamespace
           AND relkind IN ('r', 'p', 'v', 'm', 'f')
           AND has_any_column_privilege(current_user, oid, 'SELECT')"""
    )
    return {row["relname"] for row in rows}


async def _scopes(
    connection: Connection, tables: set[str], held: Sequence[Held], seen: Seen
) -> None:
    names = [each.agency for each in held]
    for table in sorted(tables):
        seen.foreign_rows += await _count(connection, None, table, "true", seen)
        for agency in names:
            own = f"{OWNERS[table]} = '{agency}'"
            seen.own_rows += await _count(connection, agency, table, own, seen)
            seen.foreign_rows += await _count(connection, agency, table, f"NOT ({own})", seen)
        for scope in (*WRONG, names[0].upper(), names[0][:-1], f"{names[0]} "):
            wrong = scope.format(names[0] + "x", names[1])
            seen.foreign_rows += await _count(connection, wrong, table, "true", seen)
            seen.wrong_scopes += 1


async def _count(
    connection: Connection, agency: str | None, table: str, where: str, seen: Seen
) -> int:
    seen.statements += 1
    async with connection.transaction():
        if agency is not None:
            await connection.execute("SELECT set_config('concordat.agency', $1, true)", agency)
        return len(await connection.fetch(f"SELECT * FROM {table} WHERE {where}"))


async def _statements(connection: Connection, one: Held, other: Held, seen: Seen) -> None:
    words = {"other": other.agency, "other_seq": other.seq("read")}
    for statement in FORBIDDEN:
        seen.allowed += await _may(connection, one.agency, statement.format(**words), seen)
    for statement in SIDEWAYS:
        found = await _found(connection, one.agency, statement.format(**words), seen)
        seen.foreign_rows += found


async def _may(connection: Connection, agency: str, statement: str, seen: Seen) -> bool:
    """Whether the statement ran; undone in any case."""
    seen.statements += 1
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute("SELECT set_config('concordat.agency', $1, true)", agency)
        await connection.execute(statement)
    except asyncpg.InsufficientPrivilegeError:
        return False
    finally:
        await transaction.rollback()
    return True


async def _found(connection: Connection, agency: str, statement: str, seen: Seen) -> int:
    """How many rows of another came back, an error that tells of one counted as one; undone."""
    seen.statements += 1
    transaction = connection.transaction()
    await transaction.start()
    try:
        await connection.execute("SELECT set_config('concordat.agency', $1, true)", agency)
        own = statement.startswith("SELECT 1 /")  # its rows are the agency's own
        rows = await connection.fetch(statement)
    except asyncpg.PostgresError:
        return 1
    finally:
        await transaction.rollback()
    return 0 if own else len(rows)


async def _rows(rig: Rig, tables: set[str], held: Sequence[Held]) -> int:
    names = [each.agency for each in held]
    rows = 0
    for each in tables:
        query = f"SELECT count(*) FROM concordat.{each} WHERE {OWNERS[each]} = ANY($1)"
        rows += (await rig.ask(query, names))[0][0]
    return rows


async def claim_catalogue(rig: Rig, findings: Findings) -> None:
    """Claim what the catalogue must say of roles and tables."""
    roles = await rig.ask(
        """SELECT rolname FROM pg_roles WHERE rolname = ANY($1) AND (rolsuper OR rolbypassrls
           OR rolcreaterole OR rolcreatedb OR rolreplication OR rolinherit)""",
        list(ROLES),
    )
    members = await rig.ask(
        """SELECT 1 FROM pg_auth_members JOIN pg_roles ON pg_roles.oid IN (roleid, member)
           WHERE rolname = ANY($1)""",
        list(ROLES),
    )
    owners = await rig.ask(
        """SELECT relname FROM pg_class WHERE relnamespace = 'concordat'::regnamespace
           AND relowner <> 'concordat_migrator'::regrole"""
    )
    unforced = await rig.ask(
        """SELECT relname FROM pg_class WHERE relnamespace = 'concordat'::regnamespace
           AND relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT (relrowsecurity AND relforcerowsecurity)
           AND relname <> ALL($1)""",
        list(OPEN_TABLES),
    )
    definers = await rig.ask("SELECT proname FROM pg_proc WHERE prosecdef AND proowner <> 10")
    findings.none(
        roles_above_their_rights=len(roles),
        memberships=len(members),
        tables_of_other_owners=len(owners),
        tables_without_forced_row_security=len(unforced),
        functions_with_an_owner_s_rights=len(definers),
    )
