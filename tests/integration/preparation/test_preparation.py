"""Preparing servers that are already there: what `concordat prepare` does for `docker compose`."""

import shutil
import stat
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from chosen_stack import Servers
from concordat.kafka.register_log import RegisterLog
from concordat.kafka.topics import Topics
from concordat.kafka.topics_admin import admin_client
from concordat.postgres.migrate import current, newest
from concordat.postgres.roles import API, AUDITOR, MIGRATOR, ROLES
from concordat.runtime.settings import CONTRACTS
from concordat.stack.preparation import Aims, Preparation
from concordat.stack.state_directory import StateDirectory
from integration.postgres.databases import PASSWORD

AGREEMENT = "worcestershire-hospital-discharge"
AGENCIES = ("worcestershire-acute-hospitals", "adult-social-care", "worcestershire-health")
SIGNERS = {
    "herefordshire-worcestershire-health-care-trust",
    "worcestershire-acute-hospitals-trust",
    "worcestershire-county-council",
}


@pytest.fixture
def contracts(tmp_path: Path) -> Path:
    """One agreement and who is in it: a broker takes a while to make the topics of all."""
    folder = tmp_path / "contracts"
    shutil.copytree(CONTRACTS / "controllers", folder / "controllers")
    for file in (
        "topics.yaml",
        f"agreements/{AGREEMENT}.yaml",
        *map("agencies/{}.yaml".format, AGENCIES),
    ):
        (folder / file).parent.mkdir(exist_ok=True)
        shutil.copy(CONTRACTS / file, folder / file)
    return folder


@pytest.mark.timeout(180)
async def test_given_servers_are_prepared_once_and_a_second_time_changes_nothing(
    infrastructure: Servers, contracts: Path, tmp_path: Path
) -> None:
    name = uuid4().hex
    aims = Aims(
        contracts=contracts,
        topic_prefix=f"p{name[:8]}.",
        database=f"test_{name}",
        passwords=dict.fromkeys(ROLES, PASSWORD),
    )
    try:
        preparation = Preparation(StateDirectory(tmp_path), infrastructure, aims)
        first = await preparation.prepare()
        made = set(admin_client(infrastructure.kafka).list_topics(timeout=30).topics)
        register = await RegisterLog(infrastructure.kafka, Topics(aims.topic_prefix)).read()
        assert first.topics == sum(each.startswith(aims.topic_prefix) for each in made) > 0
        assert first.records == register.next_offset > 0
        assert first.conflicts == ()
        assert register.signatures == {(AGREEMENT, 1, signer) for signer in SIGNERS}
        assert await current(preparation.dsn(MIGRATOR)) == newest()
        second = await Preparation(StateDirectory(tmp_path), infrastructure, aims).prepare()
        assert (second.topics, second.records, second.conflicts) == (0, 0, ())
    finally:
        await _drop(infrastructure.postgres, aims.database)


async def test_a_password_that_is_not_given_is_made_and_kept(
    infrastructure: Servers, tmp_path: Path
) -> None:
    aims = Aims(passwords={API: "a word"})
    preparation = Preparation(StateDirectory(tmp_path), infrastructure, aims)
    assert "//concordat_api:a%20word@" in preparation.dsn(API)
    dsn = preparation.dsn(AUDITOR)
    kept = (tmp_path / "secrets" / "postgres-concordat-auditor").read_text(encoding="utf-8")
    assert f"//concordat_auditor:{kept}@" in dsn
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700


async def _drop(server: str, database: str) -> None:
    connection = await asyncpg.connect(server)
    await connection.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
    await connection.close()
