"""What each role of the database may do to the evidence."""

# ruff: noqa: S608 - table names are written here, not received
from uuid import uuid4

import asyncpg
import pytest

from tests.audit.workbench import a_claim, a_writer, an_intent, execute, fetch
from tests.world import Database

EVIDENCE = ("audit_record", "audit_batch", "audit_search_tag", "audit_claim")
COLUMN = {
    "audit_record": "kind",
    "audit_batch": "writer_key_id",
    "audit_search_tag": "key_id",
    "audit_claim": "lookup_id",
    "audit_writer_key": "key_id",
}
KEYS = ("audit_month_key", "audit_month_secret", "audit_writer_key")


@pytest.fixture
async def filled(database: Database) -> Database:
    async with a_writer(database) as writer:
        await writer.append(an_intent(a_claim()))
    return database


def _changes(table: str) -> list[str]:
    return [
        f"update {table} set {COLUMN[table]} = {COLUMN[table]}",
        f"delete from {table}",
        f"truncate {table}",
    ]


@pytest.mark.parametrize("table", EVIDENCE)
async def test_serving_role_only_ever_adds_evidence(filled: Database, table: str) -> None:
    for statement in (*_changes(table), f"drop table {table}", f"alter table {table} disable trigger all"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await execute(filled.serving_url, statement)


@pytest.mark.parametrize(
    "query",
    [
        "select leaf from audit_record",
        "select leaf_hash from audit_record",
        "select * from audit_record",
        "select tag from audit_search_tag",
        "select record_id from audit_search_tag",
        "select * from audit_month_secret",
    ],
)
async def test_serving_role_reads_neither_leaves_nor_tags_nor_secrets(filled: Database, query: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await fetch(filled.serving_url, query)


async def test_serving_role_sees_what_became_of_a_lookup(filled: Database) -> None:
    assert await fetch(filled.serving_url, "select record_id, kind, outcome from audit_record")


@pytest.mark.parametrize("table", EVIDENCE)
async def test_triggers_refuse_even_the_owner_and_stay_on_for_a_replica(filled: Database, table: str) -> None:
    owner = await asyncpg.connect(filled.owner_url)
    try:
        for role in ("origin", "replica"):
            await owner.execute(f"set session_replication_role = {role}")
            for statement in _changes(table):
                with pytest.raises(asyncpg.InsufficientPrivilegeError, match="evidence is only ever added"):
                    await owner.execute(statement)
    finally:
        await owner.close()


@pytest.mark.parametrize("table", [*EVIDENCE, "audit_open_intent", *KEYS])
async def test_auditing_role_changes_nothing(filled: Database, table: str) -> None:
    for statement in (
        f"insert into {table} select * from {table}",
        f"update {table} set {COLUMN.get(table, 'key_id' if 'month' in table else 'lookup_id')} = null",
        f"delete from {table}",
        f"truncate {table}",
        f"drop table {table}",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await execute(filled.auditing_url, statement)


async def test_auditing_role_reads_evidence_and_not_claims(filled: Database) -> None:
    assert await fetch(filled.auditing_url, "select leaf from audit_record")
    assert await fetch(filled.auditing_url, "select tag from audit_search_tag")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await fetch(filled.auditing_url, "select * from audit_claim")


@pytest.mark.parametrize("table", KEYS)
async def test_serving_role_makes_no_keys(filled: Database, table: str) -> None:
    for statement in (f"insert into {table} (key_id) values ('x')", f"delete from {table}"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await execute(filled.serving_url, statement)


async def test_database_refuses_a_second_outcome_and_an_outcome_of_nothing(filled: Database) -> None:
    row = (
        "insert into audit_record (record_id, kind, writer_id, writer_sequence, leaf, leaf_hash, recorded_at,"
        " lookup_id, outcome) values ($1, $2, $3, 1, '{}', decode(repeat('00', 32), 'hex'), now(), $4, $5)"
    )
    lookup_id = uuid4()
    await execute(filled.serving_url, row, uuid4(), "lookup.outcome", uuid4(), lookup_id, "found")
    with pytest.raises(asyncpg.UniqueViolationError):
        await execute(filled.serving_url, row, uuid4(), "lookup.outcome", uuid4(), lookup_id, "unknown")
    for kind, lookup, outcome in (
        ("lookup.outcome", uuid4(), None),
        ("lookup.outcome", None, "found"),
        ("lookup.intent", uuid4(), "found"),
    ):
        with pytest.raises(asyncpg.CheckViolationError):
            await execute(filled.serving_url, row, uuid4(), kind, uuid4(), lookup, outcome)
