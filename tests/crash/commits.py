"""Holds a commit of audit records open in PostgreSQL, so that a gateway can be killed while it pends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import asyncpg

from app.audit.record import RecordKind

VICTIM: Final = "gateway"
_LOCKS: Final = {RecordKind.LOOKUP_INTENT: 4_000, RecordKind.LOOKUP_OUTCOME: 7_000}
_POLL_SECONDS: Final = 0.002

# Deferred, so that they wait inside the commit, when every row is written and every constraint checked.
# Only the gateway to be killed waits, and not its reconciler's records, which are nobody's lookup.
HOLDING_TRIGGERS: Final = f"""
create function crash_hold() returns trigger language plpgsql as $$
begin
    if session_user = '{VICTIM}' then
        perform pg_advisory_xact_lock_shared(tg_argv[0]::bigint);
    end if;
    return null;
end $$;
create constraint trigger crash_hold_intent after insert on audit_record
    deferrable initially deferred for each row when (new.kind = 'lookup.intent')
    execute function crash_hold('{_LOCKS[RecordKind.LOOKUP_INTENT]}');
create constraint trigger crash_hold_outcome after insert on audit_record
    deferrable initially deferred for each row when (new.outcome = 'found')
    execute function crash_hold('{_LOCKS[RecordKind.LOOKUP_OUTCOME]}');
"""


@asynccontextmanager
async def held_commit(owner_url: str, kind: RecordKind, *, is_kept: bool) -> AsyncIterator[None]:
    """Enter when a commit of *kind* pends; on leaving let it go through, or break it off with its session."""
    connection = await asyncpg.connect(owner_url)
    try:
        await connection.execute("select pg_advisory_lock($1)", _LOCKS[kind])
        waiting = await _next_waiting(connection, kind)
        yield
        if not is_kept:
            await connection.execute("select pg_terminate_backend($1, 5000)", waiting)
        await connection.execute("select pg_advisory_unlock($1)", _LOCKS[kind])
    finally:
        await connection.close()


async def _next_waiting(connection: asyncpg.Connection, kind: RecordKind) -> int:
    while True:
        waiting = await connection.fetchval(
            "select pid from pg_locks where locktype = 'advisory' and not granted and objid = $1::bigint::oid"
            " and database = (select oid from pg_database where datname = current_database())",
            _LOCKS[kind],
        )
        if waiting is not None:
            return int(waiting)
        await asyncio.sleep(_POLL_SECONDS)


async def sessions_end(owner_url: str, login: str) -> None:
    """Wait until PostgreSQL has finished what a dead process had sent it."""
    await _wait_for_none(
        owner_url,
        "select count(*) from pg_stat_activity where datname = current_database() and usename = $1",
        login,
    )


async def intents_close(owner_url: str, *, within_seconds: float) -> None:
    """Wait until no intent is open; TimeoutError where one still is."""
    async with asyncio.timeout(within_seconds):
        await _wait_for_none(owner_url, "select count(*) from audit_open_intent")


async def _wait_for_none(owner_url: str, counting: str, *values: object) -> None:
    connection = await asyncpg.connect(owner_url)
    try:
        while await connection.fetchval(counting, *values):  # noqa: ASYNC110 - it is PostgreSQL that acts
            await asyncio.sleep(_POLL_SECONDS)
    finally:
        await connection.close()
