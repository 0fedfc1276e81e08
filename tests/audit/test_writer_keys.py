"""The writers' key in the database, and writers that find it missing, foreign or rotated."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import asyncpg
import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from app.audit import connection as writers_connection
from app.audit.keyring import Keyring
from app.audit.sealing import RootKey, SealBrokenError
from app.audit.writer import AuditWriter
from app.audit.writer_keys import WriterKeyMaker, writer_key_rows
from app.cli import invented
from app.database.address import sqlalchemy_address
from app.errors import AuditUnavailableError
from tests.audit.workbench import Line, a_draft, a_writer, chains, execute, fetch, until
from tests.world import ROOT_KEY, Database

T = TypeVar("T")
MAKER = WriterKeyMaker(invented.AUTHORITY, RootKey.from_text(ROOT_KEY))


async def as_owner(database: Database, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    engine = create_async_engine(sqlalchemy_address(database.owner_url))
    try:
        async with engine.begin() as connection:
            return await work(connection)
    finally:
        await engine.dispose()


async def current(database: Database) -> str:
    rows = await as_owner(database, writer_key_rows)
    return next(row.key_id for row in rows if row.is_current)


@asynccontextmanager
async def raw(url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


async def appended(writer: AuditWriter) -> bool:
    try:
        await writer.append(a_draft())
    except AuditUnavailableError:
        return False
    return True


async def test_first_key_is_made_once(database: Database) -> None:
    before = await as_owner(database, writer_key_rows)

    assert await as_owner(database, MAKER.make_first) is None
    assert await as_owner(database, writer_key_rows) == before
    assert [row.is_current for row in before] == [True]


async def test_rotation_retires_the_key_it_names_and_no_other(database: Database) -> None:
    former = await current(database)

    made = await as_owner(database, lambda connection: MAKER.rotate(connection, former))
    assert made is not None
    assert await as_owner(database, lambda connection: MAKER.rotate(connection, former)) is None

    rows = await as_owner(database, writer_key_rows)
    assert [(row.key_id, row.is_current) for row in rows] == [(former, False), (made.key_id, True)]
    kept = await fetch(
        database.owner_url, "select key_id from audit_writer_key where private_key is not null"
    )
    assert [row["key_id"] for row in kept] == [made.key_id]


async def test_other_root_key_neither_opens_nor_rotates(database: Database) -> None:
    other = RootKey.from_text(RootKey.generate_text())
    former = await current(database)

    async with raw(database.serving_url) as connection:
        with pytest.raises(SealBrokenError):
            await Keyring(other).load_writer_key(connection)
    with pytest.raises(SealBrokenError):
        await as_owner(database, lambda connection: WriterKeyMaker("H19", other).rotate(connection, former))

    assert await current(database) == former


async def test_key_stored_under_another_ones_id_is_not_used(database: Database) -> None:
    await execute(
        database.owner_url,
        "update audit_writer_key"
        " set key_id = regexp_replace(key_id, '.$', case when key_id like '%A' then 'B' else 'A' end)"
        " where retired_at is null",
    )
    async with a_writer(database) as writer:
        assert not await appended(writer)

    assert not await chains(database)


async def test_two_current_keys_cannot_be(database: Database) -> None:
    async def add(connection: AsyncConnection) -> None:
        await MAKER._make(connection)

    with pytest.raises(IntegrityError):
        await as_owner(database, add)


async def test_without_a_writer_key_nothing_is_written_until_there_is_one(database: Database) -> None:
    await execute(database.owner_url, "delete from audit_writer_key")
    async with a_writer(database) as writer:
        assert not await appended(writer)
        assert not writer.is_ready

        await as_owner(database, MAKER.make_first)
        await until(lambda: writer.is_ready)
        assert await appended(writer)

    (chain,) = await chains(database)
    assert chain[0]["writer_key"] == await current(database)


async def test_rotated_key_is_taken_up_in_a_new_chain_without_a_restart(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writers_connection, "_WRITER_KEY_SECONDS", 0.0)
    former = await current(database)
    async with a_writer(database) as writer:
        await writer.append(a_draft())
        await as_owner(database, lambda connection: MAKER.rotate(connection, former))
        await writer.append(a_draft())

    first, second = await chains(database)
    assert first[0]["writer_key"] == former
    assert second[0]["writer_key"] == await current(database) != former
    assert second[0]["previous_writer_id"] == first[0]["writer_id"]
    assert (second[0]["previous_writer_sequence"], second[0]["doubtful_records"]) == (len(first), "")


async def test_key_is_not_asked_for_at_each_batch(database: Database) -> None:
    line, asked = Line(database.serving_url), list[str]()
    async with a_writer(line) as writer:
        await writer.append(a_draft())
        line.opened[-1].add_query_logger(lambda query: asked.append(query.query))
        for _ in range(5):
            await writer.append(a_draft())

    assert not [query for query in asked if "audit_writer_key" in query]


async def test_serving_role_signs_and_neither_makes_nor_changes_keys_or_batches(database: Database) -> None:
    async with a_writer(database) as writer:
        await writer.append(a_draft())

    for statement in (
        "insert into audit_writer_key (key_id, public_key, private_key) values ('x', '', '')",
        "update audit_writer_key set retired_at = now()",
        "delete from audit_writer_key",
        "select signature from audit_batch",
        "update audit_batch set signature = signature",
        "delete from audit_batch",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await execute(database.serving_url, statement)


async def test_auditing_role_reads_batches_and_cannot_sign(database: Database) -> None:
    async with a_writer(database) as writer:
        await writer.append(a_draft())

    assert await fetch(database.auditing_url, "select * from audit_batch")
    query = "select key_id, public_key, created_at, retired_at from audit_writer_key"
    assert await fetch(database.auditing_url, query)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await fetch(database.auditing_url, "select private_key from audit_writer_key")


async def test_sequencing_role_sees_neither_batches_nor_keys(database: Database) -> None:
    for table in ("audit_batch", "audit_writer_key"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await fetch(database.sequencing_url, f"select * from {table}")  # noqa: S608 - our own words


async def test_commands_that_rotate_at_once_wait_for_each_other(database: Database) -> None:
    former = await current(database)

    made = await asyncio.gather(
        *(as_owner(database, lambda connection: MAKER.rotate(connection, former)) for _ in range(2))
    )

    assert sum(one is not None for one in made) == 1
