"""Functions that run as the database's owner: whoever may call them does not choose what their names mean."""

import asyncpg
import pytest
from uuid_utils.compat import uuid7

from tests.audit.workbench import fetch
from tests.world import Database

_DEFINERS = """
select proname, (select said from unnest(proconfig) as said where said like 'search_path=%') from pg_proc
where prosecdef and pronamespace = 'public'::regnamespace order by proname
"""
_BY_A_VIEW = """
create function pg_temp.seize() returns text language plpgsql as $$
begin
    execute 'grant delete on public.audit_record to dancu_serving';
    return 'streaming';
end $$;
create temp view pg_stat_replication as select pg_temp.seize() as state, 'sync'::text as sync_state
"""
_BY_A_TYPE = """
create function pg_temp.seized(said pg_catalog.text) returns boolean language plpgsql as $$
begin
    execute 'grant delete on public.audit_record to dancu_serving';
    return true;
end $$;
create domain pg_temp.text as pg_catalog.text check (pg_temp.seized(value))
"""
_LOOKUP_WITHOUT_DOSSIER = """
insert into audit_record (record_id, kind, writer_id, writer_sequence, leaf, leaf_hash, recorded_at,
    procedure_code, officer_id, unit_id)
values ($1, 'lookup.intent', $1, 1, '{"no_dossier_reason":"reception"}', sha256('x'), now(),
    '1.004194', $1, $1)
"""
_MAY_DELETE = "select has_table_privilege('dancu_serving', 'audit_record', 'delete')"


async def test_every_definer_looks_for_names_among_temporary_ones_last(database: Database) -> None:
    found = {row[0]: row[1] for row in await fetch(database.owner_url, _DEFINERS)}
    # On the way of every lookup: it names every table with its schema, and no type at all.
    assert found.pop("audit_outcome_is_the_first") is None
    assert len(found) > 10
    assert {name: said for name, said in found.items() if not str(said).endswith(", pg_temp")} == {}


@pytest.mark.parametrize("prepared", [_BY_A_VIEW, _BY_A_TYPE])
async def test_nothing_that_the_serving_role_makes_is_run_as_the_owner(
    database: Database, prepared: str
) -> None:
    connection = await asyncpg.connect(database.serving_url)
    try:
        await connection.execute(prepared)
        await connection.fetchval("select audit_synchronous_standbys()")
        await connection.execute(_LOOKUP_WITHOUT_DOSSIER, uuid7())
    finally:
        await connection.close()
    assert await fetch(database.owner_url, _MAY_DELETE) == [(False,)]
