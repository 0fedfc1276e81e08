"""What each role of the database may do to the evidence."""

# ruff: noqa: S608 - table names are written here, not received
from uuid import uuid4

import asyncpg
import pytest
from uuid_utils.compat import uuid7

from app.audit.keyring import month_of
from app.clock import SystemClock
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
    await execute(filled.serving_url, row, uuid7(), "lookup.outcome", uuid4(), lookup_id, "found")
    with pytest.raises(asyncpg.UniqueViolationError):
        await execute(filled.serving_url, row, uuid7(), "lookup.outcome", uuid4(), lookup_id, "unknown")
    for kind, lookup, outcome in (
        ("lookup.outcome", uuid4(), None),
        ("lookup.outcome", None, "found"),
        ("lookup.intent", uuid4(), "found"),
    ):
        with pytest.raises(asyncpg.CheckViolationError):
            await execute(filled.serving_url, row, uuid7(), kind, uuid4(), lookup, outcome)


_TABLES = """
select c.relname as name, coalesce(nullif(pg_get_userbyid(acl.grantee), 'unknown (OID=0)'), 'public') as role,
    acl.privilege_type as privilege, '' as columns
from pg_class c cross join lateral aclexplode(c.relacl) acl
where c.relnamespace = 'public'::regnamespace and c.relname like 'audit%' and acl.grantee <> c.relowner
union all
select c.relname, coalesce(nullif(pg_get_userbyid(acl.grantee), 'unknown (OID=0)'), 'public'),
    acl.privilege_type, string_agg(a.attname, ' ' order by a.attname)
from pg_class c join pg_attribute a on a.attrelid = c.oid cross join lateral aclexplode(a.attacl) acl
where c.relnamespace = 'public'::regnamespace and c.relname like 'audit%' group by 1, 2, 3
"""
_FUNCTIONS = """
select p.proname as name, coalesce(nullif(pg_get_userbyid(acl.grantee), 'unknown (OID=0)'), 'public') as role
from pg_proc p cross join lateral aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) acl
where p.pronamespace = 'public'::regnamespace and p.proname like 'audit%' and acl.grantee <> p.proowner
"""
_PROJECTION = (
    "client_id dossier_code kind lookup_id officer_id outcome problem_code procedure_code record_id"
    " recorded_at unit_id"
)
GRANTED = {
    "audit_record": {
        ("dancu_serving", "INSERT", ""),
        ("dancu_serving", "SELECT", _PROJECTION),
        ("dancu_sequencing", "SELECT", "leaf_hash record_id writer_id writer_sequence"),
        ("dancu_auditing", "SELECT", ""),
    },
    "audit_search_tag": {("dancu_serving", "INSERT", ""), ("dancu_auditing", "SELECT", "")},
    "audit_batch": {("dancu_serving", "INSERT", ""), ("dancu_auditing", "SELECT", "")},
    "audit_writer_key": {
        ("dancu_serving", "SELECT", ""),
        ("dancu_auditing", "SELECT", "created_at key_id public_key retired_at"),
    },
    "audit_outcome": {("dancu_serving", "SELECT", ""), ("dancu_auditing", "SELECT", "")},
    "audit_claim": {("dancu_serving", "INSERT", ""), ("dancu_serving", "SELECT", "")},
    "audit_open_intent": {
        ("dancu_serving", "INSERT", ""),
        ("dancu_serving", "SELECT", ""),
        ("dancu_serving", "DELETE", ""),
        ("dancu_auditing", "SELECT", ""),
    },
    "audit_month_key": {("dancu_serving", "SELECT", ""), ("dancu_auditing", "SELECT", "")},
    "audit_month_secret": {("dancu_auditing", "SELECT", "")},
    "audit_leaf": {
        ("dancu_serving", "SELECT", ""),
        ("dancu_auditing", "SELECT", ""),
        ("dancu_sequencing", "SELECT", ""),
        ("dancu_sequencing", "INSERT", ""),
    },
    "audit_chain": {
        ("dancu_auditing", "SELECT", ""),
        ("dancu_sequencing", "SELECT", ""),
        ("dancu_sequencing", "INSERT", ""),
        ("dancu_sequencing", "UPDATE", ""),
    },
    "audit_gap": {
        ("dancu_auditing", "SELECT", ""),
        ("dancu_sequencing", "SELECT", ""),
        ("dancu_sequencing", "INSERT", ""),
        ("dancu_sequencing", "DELETE", ""),
    },
    "audit_sequencing": {
        ("dancu_serving", "SELECT", ""),
        ("dancu_auditing", "SELECT", ""),
        ("dancu_sequencing", "SELECT", ""),
        ("dancu_sequencing", "UPDATE", "anchored_at covered_at looked_at"),
    },
    "audit_unmasking": {
        ("dancu_serving", "SELECT", ""),
        ("dancu_serving", "INSERT", ""),
        ("dancu_serving", "UPDATE", "decided_at decided_by readable_until readings_left state"),
    },
    "audit_dropped_month": {("dancu_auditing", "SELECT", "")},
    "audit_legal_hold": {("dancu_auditing", "SELECT", "")},
}
GRANTED |= dict.fromkeys(("audit_subtree", "audit_checkpoint", "audit_cosignature"), GRANTED["audit_leaf"])
"""Every right on a table of the evidence that anybody but its owner has: (role, right, columns)."""
EXECUTABLE = {
    ("audit_make_partitions", "dancu_sequencing"),
    ("audit_make_partitions", "dancu_maintenance"),
    ("audit_synchronous_standbys", "dancu_serving"),
    ("audit_synchronous_standbys", "dancu_sequencing"),
    ("audit_drop_hindrance", "dancu_maintenance"),
    ("audit_destroy_month_keys", "dancu_maintenance"),
    ("audit_drop_month", "dancu_maintenance"),
    ("audit_is_append_only", "public"),  # a trigger's: PostgreSQL lets nobody call it
}


async def test_nobody_has_any_other_right_on_the_evidence(database: Database) -> None:
    found: dict[str, set[tuple[str, str, str]]] = {}
    for row in await fetch(database.owner_url, _TABLES):
        found.setdefault(row["name"], set()).add((row["role"], row["privilege"], row["columns"]))
    assert found == GRANTED
    functions = {(row["name"], row["role"]) for row in await fetch(database.owner_url, _FUNCTIONS)}
    assert functions == EXECUTABLE
    for statement in ("insert into audit_record_{} default values", "select 1 from audit_search_tag_{}"):
        for url in (
            database.serving_url,
            database.auditing_url,
            database.sequencing_url,
            database.maintenance_url,
        ):
            month = month_of(SystemClock().now()).replace("-", "_")
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await execute(url, statement.format(month))


async def test_roles_of_the_evidence_can_do_nothing_else_to_the_server(database: Database) -> None:
    rows = await fetch(
        database.owner_url,
        "select rolname from pg_roles where rolname like 'dancu%' and (rolsuper or rolcreaterole"
        " or rolcreatedb or rolcanlogin or rolreplication or rolbypassrls)",
    )
    assert not rows
    for url in (
        database.serving_url,
        database.auditing_url,
        database.sequencing_url,
        database.maintenance_url,
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await execute(url, "create table public.audit_record_2031_01 (record_id uuid)")


async def test_whoever_drops_months_reads_and_changes_nothing_else(filled: Database) -> None:
    for table in GRANTED:
        for statement in (f"select 1 from {table}", f"delete from {table}", f"drop table {table}"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await execute(filled.maintenance_url, statement)
