"""Secrets of keys and credentials go long after their end; who had what stays, what counts is whole."""

# ruff: noqa: S608 - all of these words are written here

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest
from uuid_utils.compat import uuid7

from app.accounts.client_store import load_clients
from app.accounts.compatible_credentials import load_compatible
from app.accounts.lookup_keys import load_lookup_keys
from app.accounts.sweeping import Sweeper, usual_purges
from app.cli import invented
from app.database import migrate
from app.database.address import sqlalchemy_address
from app.database.connect import open_engine
from tests.world import Database, TurnableClock

DAY = timedelta(days=1)
_WHEN = ", ".join(f"clock_timestamp() - {ago}::interval" for ago in ("'500 days'", "$3", "$4"))
_KEY = (
    "insert into lookup_key (key_id, officer_id, unit_id, client_id, name, digest, created_at, expires_at,"
    f" ended_at) select $1::uuid, officer_id, unit_id, $2, $1::uuid::text, sha256('x'), {_WHEN}"
    " from officer, unit limit 1"
)
_COMPATIBLE = (
    "insert into compatible_credential (credential_id, client_id, profile, name, digest, wrapped_secret,"
    " created_at, expires_at, ended_at) values ($1::uuid, $2, $5::text, $1::uuid::text,"
    " case when $5::text = 'lgsp' then sha256('x') end,"
    f" case when $5::text = 'vdxp' then 'x'::bytea end, {_WHEN})"
)
_CLIENT = (
    "insert into client_credential (credential_id, client_id, kind, digest, kid, public_jwk, created_at,"
    " expires_at, ended_at) values ($1::uuid, $2, $5::text, sha256($1::uuid::text::bytea),"
    " case when $5::text = 'key' then 'k' end, case when $5::text = 'key' then '{}' end,"
    f" {_WHEN})"
)
_SECRETS = """
select key_id as id, digest is not null as has_secret, ended_at, expires_at from lookup_key
union all select credential_id, digest is not null or wrapped_secret is not null, ended_at, expires_at
from compatible_credential
union all select credential_id, digest is not null, ended_at, expires_at from client_credential
"""


@pytest.fixture
async def owner(database: Database) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database.owner_url)
    yield connection
    await connection.close()


async def stored(
    owner: asyncpg.Connection,
    statement: str,
    *words: str,
    expired: timedelta | None = None,
    ended: timedelta | None = None,
) -> UUID:
    """Store what expired and was ended so long ago; None for never."""
    made = uuid7()
    await owner.execute(statement, made, invented.CLIENT_ID, expired, ended, *words)
    return UUID(str(made))


async def swept(database: Database, most: int = 1000) -> int:
    engine = open_engine(database.serving_url)
    try:
        return await Sweeper(engine, TurnableClock(), usual_purges()).sweep(most_at_once=most)
    finally:
        await engine.dispose()


async def test_secrets_go_ninety_days_after_the_end_and_rows_stay(
    database: Database, owner: asyncpg.Connection
) -> None:
    over, long_over, coming = 89 * DAY, 91 * DAY, -DAY
    gone = {
        await stored(owner, _KEY, expired=long_over),
        await stored(owner, _KEY, expired=coming, ended=long_over),
        await stored(owner, _COMPATIBLE, "lgsp", expired=long_over),
        await stored(owner, _COMPATIBLE, "vdxp", ended=long_over),
        await stored(owner, _CLIENT, "secret", expired=long_over, ended=over),
    }
    kept = {
        await stored(owner, _KEY, expired=over),
        await stored(owner, _KEY, expired=coming),
        await stored(owner, _KEY, expired=over, ended=over),
        await stored(owner, _COMPATIBLE, "lgsp"),
        await stored(owner, _COMPATIBLE, "vdxp", expired=over),
        await stored(owner, _CLIENT, "secret", ended=over),
        await stored(owner, _CLIENT, "key", expired=long_over),  # public, and what a record's kid leads to
        await stored(owner, _CLIENT, "certificate", expired=long_over),  # it must be shown until it is ended
    }
    before = {row["id"] for row in await owner.fetch(_SECRETS)}
    assert await swept(database) == len(gone)
    rows = await owner.fetch(_SECRETS)
    assert {row["id"] for row in rows} == before
    assert {row["id"] for row in rows if not row["has_secret"]} == gone
    assert kept <= {row["id"] for row in rows if row["has_secret"]}
    assert all(row["ended_at"] is not None for row in rows if row["id"] in gone)
    assert await swept(database) == 0


async def test_what_is_purged_is_no_longer_loaded_by_anybody(
    database: Database, owner: asyncpg.Connection
) -> None:
    for statement, *words in ((_KEY,), (_COMPATIBLE, "vdxp"), (_CLIENT, "secret")):
        await stored(owner, statement, *words, expired=91 * DAY)
    assert await swept(database) == 3
    engine = open_engine(database.serving_url)
    async with engine.connect() as connection:
        clients = await load_clients(connection)
        assert await load_compatible(connection) == []
        assert await load_lookup_keys(connection) == {}
    await engine.dispose()
    assert all(one.digest for one in clients[invented.CLIENT_ID].credentials)


async def test_secrets_go_in_small_transactions_and_nobody_reads_the_directory_for_nothing(
    database: Database, owner: asyncpg.Connection
) -> None:
    for statement, *words in ((_KEY,), (_KEY,), (_COMPATIBLE, "lgsp"), (_CLIENT, "secret")):
        await stored(owner, statement, *words, ended=91 * DAY, expired=91 * DAY)
    assert await owner.fetchval("select purge_secrets_long_over(3)") == 3
    version = await owner.fetchval("select version from directory_version")
    assert await swept(database, most=1) == 1
    assert await owner.fetchval("select version from directory_version") == version + 1
    assert await swept(database) == 0
    assert await owner.fetchval("select version from directory_version") == version + 1


async def test_a_step_down_gives_what_was_purged_a_secret_that_nobody_has(
    database: Database, owner: asyncpg.Connection
) -> None:
    for statement, *words in ((_KEY,), (_COMPATIBLE, "lgsp"), (_COMPATIBLE, "vdxp"), (_CLIENT, "secret")):
        await stored(owner, statement, *words, expired=91 * DAY)
    assert await swept(database) == 4
    await migrate.downgrade(sqlalchemy_address(database.owner_url), "0035")
    assert all(row["has_secret"] for row in await owner.fetch(_SECRETS))


@pytest.mark.parametrize("most", [None, 0, 10_001])
async def test_what_makes_no_sense_is_not_purged(owner: asyncpg.Connection, most: int | None) -> None:
    with pytest.raises(asyncpg.InvalidParameterValueError):
        await owner.fetchval("select purge_secrets_long_over($1)", most)


@pytest.mark.parametrize(
    "statement",
    [
        "update lookup_key set digest = sha256('x')",
        "update compatible_credential set digest = null",
        "update compatible_credential set wrapped_secret = 'x'",
        "update client_credential set digest = null",
    ],
)
async def test_the_serving_role_changes_no_secret(database: Database, statement: str) -> None:
    serving = await asyncpg.connect(database.serving_url)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await serving.execute(statement)
    finally:
        await serving.close()


@pytest.mark.parametrize(
    ("statement", "words", "change"),
    [
        (_KEY, (), "update lookup_key set digest = null"),
        (_COMPATIBLE, ("vdxp",), "update compatible_credential set wrapped_secret = null"),
        (_CLIENT, ("secret",), "update client_credential set digest = null"),
        (_CLIENT, ("certificate",), "update client_credential set digest = null, ended_at = now()"),
    ],
)
async def test_what_counts_has_its_secret_whoever_writes(
    owner: asyncpg.Connection, statement: str, words: tuple[str, ...], change: str
) -> None:
    await stored(owner, statement, *words, expired=-DAY)
    with pytest.raises(asyncpg.CheckViolationError):
        await owner.execute(change)
