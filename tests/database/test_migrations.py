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
from migrations.retention_0026 import PARTITIONED
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
union all select 'function', proname, md5(prosrc), prosecdef::text, proacl::text, proconfig::text
from pg_proc where pronamespace = 'public'::regnamespace
union all select 'grant', table_name, column_name, grantee, privilege_type, ''
from information_schema.column_privileges where grantee like 'dancu%'
union all select 'grant', table_name, '', grantee, privilege_type, ''
from information_schema.table_privileges where grantee like 'dancu%'
order by 1, 2, 3, 4, 5
"""


_SOME_EVIDENCE = """
insert into audit_record (record_id, kind, writer_id, writer_sequence, leaf, leaf_hash, recorded_at,
    lookup_id, outcome, officer_id, dossier_code)
select (first || lpad(n::text, 20, '0'))::uuid,
    case when n % 2 = 0 then 'lookup.outcome' else 'lookup.intent' end,
    '01000000-0000-7000-8000-000000000001', n + case first when '019b7a3e9c00' then 0 else 100 end,
    convert_to('{"n":' || n || '}', 'UTF8'), sha256(n::text::bytea), now(), gen_random_uuid(),
    case when n % 2 = 0 then 'found' end, gen_random_uuid(), 'H19.34.12-260101-0001'
from unnest('{019b7a3e9c00,019c1a000000}'::text[]) as first, generate_series(1, 20) as n;
insert into audit_search_tag select record_id, 'H19/2026-01', leaf_hash, recorded_at from audit_record;
"""
"""Records of January and February 2026."""


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
    months = {table for table in always if table[-7:-2].strip("_").isdigit()}
    assert {table[:-8] for table in months} == set(PARTITIONED)
    assert len(months) == len(PARTITIONED) * 13
    assert always - months == {
        "audit_record",
        "audit_search_tag",
        "audit_claim",
        "audit_batch",
        "audit_leaf",
        "audit_subtree",
        "audit_checkpoint",
        "audit_outcome",
        "audit_month_key",
        "audit_month_secret",
        "audit_legal_hold",
        "audit_dropped_month",
        "audit_cosignature",
    }


async def test_evidence_of_before_the_months_is_kept_to_the_byte_both_ways(empty: str) -> None:
    url = sqlalchemy_address(empty)
    await migrate.upgrade(url, "0025")
    connection = await asyncpg.connect(empty)
    await connection.execute(_SOME_EVIDENCE)
    tables = ("audit_record", "audit_search_tag")
    before = [await connection.fetch(f"select * from {table} order by record_id") for table in tables]  # noqa: S608 - ours
    await migrate.upgrade(url, "0026")
    assert [await connection.fetch(f"select * from {table} order by record_id") for table in tables] == before  # noqa: S608 - ours
    assert len(before[0]) == 40
    outcomes = await connection.fetch("select lookup_id, record_id from audit_outcome order by record_id")
    closed = [row for row in before[0] if row["kind"] == "lookup.outcome"]
    assert [tuple(row) for row in outcomes] == [(row["lookup_id"], row["record_id"]) for row in closed]
    assert await connection.fetchval("select count(*) from audit_record_2026_01") == 20
    await migrate.downgrade(url, "0025")
    assert [await connection.fetch(f"select * from {table} order by record_id") for table in tables] == before  # noqa: S608 - ours
    await connection.close()
