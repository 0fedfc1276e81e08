"""The schema's way up and down."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from alembic.script import ScriptDirectory

import migrations
from app.database import migrate
from app.database.address import sqlalchemy_address
from tests.cluster import PostgresCluster

_SCRIPTS = ScriptDirectory(str(Path(migrations.__file__).parent))
REVISIONS = [script.revision for script in reversed(list(_SCRIPTS.walk_revisions()))]

_SCHEMA = """
select 'column', table_name, column_name, data_type, is_nullable, column_default
from information_schema.columns where table_schema = 'public'
union all select 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid), '', ''
from pg_constraint where connamespace = 'public'::regnamespace
union all select 'index', tablename, indexname, indexdef, '', '' from pg_indexes where schemaname = 'public'
union all select 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid), tgenabled::text, ''
from pg_trigger where not tgisinternal
union all select 'function', proname, prosrc, prosecdef::text, proacl::text, ''
from pg_proc where pronamespace = 'public'::regnamespace
union all select 'grant', table_name, column_name, grantee, privilege_type, ''
from information_schema.column_privileges where grantee like 'dancu%'
union all select 'grant', table_name, '', grantee, privilege_type, ''
from information_schema.table_privileges where grantee like 'dancu%'
order by 1, 2, 3, 4, 5
"""


@pytest.fixture
async def empty(postgres_cluster: PostgresCluster) -> AsyncIterator[str]:
    """The owner's address of an empty database."""
    name = await postgres_cluster.create_database()
    yield postgres_cluster.url(name)
    await postgres_cluster.drop_database(name)


async def schema(url: str, *, but_version: bool = True) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(_SCHEMA)
    finally:
        await connection.close()
    return [tuple(row) for row in rows if not (but_version and row[1] == "alembic_version")]


async def test_tables_and_migrations_agree(empty: str) -> None:
    await migrate.upgrade(sqlalchemy_address(empty))

    await migrate.check(sqlalchemy_address(empty))


async def test_the_whole_way_down_leaves_nothing_and_up_again_everything(empty: str) -> None:
    url = sqlalchemy_address(empty)
    await migrate.upgrade(url)
    first = await schema(empty)

    await migrate.downgrade(url, "base")
    assert await schema(empty) == []
    await migrate.upgrade(url)

    assert await schema(empty) == first
    await migrate.check(url)


@pytest.mark.parametrize("step", range(len(REVISIONS)), ids=REVISIONS)
async def test_each_step_down_undoes_its_step_up(empty: str, step: int) -> None:
    url = sqlalchemy_address(empty)
    before = "base" if step == 0 else REVISIONS[step - 1]
    if step:
        await migrate.upgrade(url, before)
    earlier = await schema(empty)
    await migrate.upgrade(url, REVISIONS[step])
    later = await schema(empty)
    assert earlier != later

    await migrate.downgrade(url, before)
    assert await schema(empty) == earlier
    await migrate.upgrade(url, REVISIONS[step])
    assert await schema(empty) == later


async def test_database_says_whether_it_lacks_a_migration(empty: str) -> None:
    url = sqlalchemy_address(empty)
    assert await migrate.pending(url)
    await migrate.upgrade(url, REVISIONS[0])
    assert await migrate.pending(url)

    await migrate.upgrade(url)

    assert not await migrate.pending(url)


async def test_upgrading_again_changes_nothing(empty: str) -> None:
    url = sqlalchemy_address(empty)
    await migrate.upgrade(url)
    first = await schema(empty)

    await migrate.upgrade(url)

    assert await schema(empty) == first


async def test_evidence_triggers_fire_for_replicas_too(empty: str) -> None:
    await migrate.upgrade(sqlalchemy_address(empty))

    always = {row[1] for row in await schema(empty) if row[0] == "trigger" and row[4] == "A"}
    assert always == {
        "audit_record",
        "audit_search_tag",
        "audit_claim",
        "audit_batch",
        "audit_leaf",
        "audit_subtree",
        "audit_checkpoint",
    }
