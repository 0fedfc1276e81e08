"""The writer when the database is away, refuses, dies midway or cannot be believed."""

import asyncio
import io
from datetime import timedelta
from typing import Any, Self

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import create_async_engine
from uuid_utils.compat import uuid7

from app.audit.keyring import Keyring, MonthKeyMaker, month_of
from app.audit.log import ClaimTakenError
from app.audit.record import Draft
from app.audit.sealing import MonthKey, RootKey
from app.audit.writer import AuditWriter
from app.cli import invented
from app.database.address import sqlalchemy_address
from app.errors import AuditUnavailableError
from app.logs import configure_logging
from tests.audit.workbench import (
    NUMBER,
    Line,
    a_claim,
    a_draft,
    a_writer,
    an_intent,
    chains,
    execute,
    fetch,
    until,
    writes_held,
)
from tests.cluster import PostgresCluster
from tests.world import AUDIT_ROOT_KEY, ROOT_KEY, Database, TurnableClock, past_the_guards

NOWHERE = "postgresql://nobody@127.0.0.1:9/nowhere"


async def appended(writer: AuditWriter, draft: Draft | None = None) -> bool:
    """Whether the draft became durable."""
    try:
        await writer.append(draft or a_draft())
    except AuditUnavailableError:
        return False
    return True


async def doubt_of(database: Database) -> tuple[list[dict[str, Any]], list[dict[str, Any]], set[Any]]:
    """Return the first chain, its successor and what that one says is doubtful."""
    first, second = await chains(database)
    assert second[0]["kind"] == "writer.opened"
    assert second[0]["previous_writer_id"] == first[0]["writer_id"]
    return first, second, set(str(second[0]["doubtful_records"]).split())


async def test_connection_killed_midway_leaves_doubt_that_the_next_chain_names(database: Database) -> None:
    line, doubtful = Line(database.serving_url), [a_draft(), a_draft()]
    async with a_writer(line) as writer:
        await writer.append(a_draft())
        async with writes_held(database) as is_held:
            appends = [asyncio.create_task(appended(writer, draft)) for draft in doubtful]
            await is_held()
            await execute(database.owner_url, "select pg_terminate_backend($1)", line.pid)
            assert await asyncio.gather(*appends) == [False, False]
            assert not writer.is_ready
        assert await appended(writer)

    first, second, named = await doubt_of(database)
    assert named == {str(draft.record_id) for draft in doubtful}
    assert second[0]["previous_writer_sequence"] == len(first) == 2


async def test_commit_without_answer_in_time_is_doubtful_even_if_it_was_kept(database: Database) -> None:
    line, doubtful = Line(database.serving_url), a_draft()
    async with a_writer(line, wait_seconds=0.4) as writer:
        await writer.append(a_draft())
        async with writes_held(database) as is_held:
            append = asyncio.create_task(appended(writer, doubtful))
            await is_held()
            assert not await append
            await until(lambda: not writer.is_ready)
        await until(lambda: writer.is_ready)
        assert await appended(writer)

    *_, named = await doubt_of(database)
    assert named == {str(doubtful.record_id)}


async def test_first_commit_in_doubt_is_named_too(database: Database) -> None:
    line, doubtful = Line(database.serving_url), a_draft()
    async with a_writer(line) as writer:
        async with writes_held(database) as is_held:
            append = asyncio.create_task(appended(writer, doubtful))
            await is_held()
            await execute(database.owner_url, "select pg_terminate_backend($1)", line.pid)
            assert not await append
        assert await appended(writer)

    (chain,) = await chains(database)
    assert chain[0]["previous_writer_sequence"] == 0
    assert str(doubtful.record_id) in str(chain[0]["doubtful_records"]).split()


async def _append_held_by_standby(
    writer: AuditWriter, line: Line, admin: str
) -> tuple["asyncio.Task[bool]", Draft]:
    """Append until the server has taken up its new settings and waits for its standby."""
    waits = "select 1 from pg_stat_activity where pid = $1 and wait_event = 'SyncRep'"
    async with asyncio.timeout(5):
        while True:
            draft = a_draft()
            append = asyncio.create_task(appended(writer, draft))
            while not append.done():
                if await fetch(admin, waits, line.pid):
                    return append, draft


async def test_commit_that_stopped_waiting_for_its_standby_is_doubtful(
    database: Database, postgres_cluster: PostgresCluster
) -> None:
    admin, line = postgres_cluster.url("postgres"), Line(database.serving_url)
    async with a_writer(line) as writer:
        await writer.append(a_draft())
        await execute(admin, "alter system set synchronous_standby_names = 'nobody'")
        try:
            await execute(admin, "select pg_reload_conf()")
            append, doubtful = await _append_held_by_standby(writer, line, admin)
            await execute(admin, "select pg_cancel_backend($1)", line.pid)
            assert not await append
        finally:
            await execute(admin, "alter system reset synchronous_standby_names")
            await execute(admin, "select pg_reload_conf()")
        assert await appended(writer)

    first, second, named = await doubt_of(database)
    assert named == {str(doubtful.record_id)}
    # It is in the table, but no standby has it: whether it survives is what nobody knows.
    assert first[-1]["record_id"] == str(doubtful.record_id)
    assert second[0]["previous_writer_sequence"] == len(first) - 1


async def test_refusal_of_the_server_is_no_doubt_and_leaves_no_gap(database: Database) -> None:
    async with a_writer(database) as writer:
        await writer.append(a_draft())
        await execute(database.owner_url, "revoke insert on audit_record from dancu_serving")
        assert not await appended(writer)
        assert not writer.is_ready
        await execute(database.owner_url, "grant insert on audit_record to dancu_serving")
        assert await appended(writer)
        await until(lambda: writer.is_ready)

    (chain,) = await chains(database)
    assert len(chain) == 3


async def test_idle_writer_without_the_right_to_insert_is_not_ready(database: Database) -> None:
    async with a_writer(database) as writer:
        await until(lambda: writer.is_ready)
        await execute(database.owner_url, "revoke insert on audit_record from dancu_serving")
        await until(lambda: not writer.is_ready)


async def test_writer_moves_away_from_a_server_that_became_read_only(database: Database) -> None:
    line = Line(database.serving_url)
    async with a_writer(line) as writer:
        await writer.append(a_draft())
        await line.opened[-1].execute("set default_transaction_read_only = on")
        assert not await appended(writer)
        assert await appended(writer)

    assert len(line.opened) == 2
    await chains(database)


async def test_database_away_at_the_start_is_met_again(database: Database) -> None:
    line = Line(NOWHERE)
    async with a_writer(line) as writer:
        assert not await appended(writer)
        assert not writer.is_ready
        line.url = database.serving_url
        await until(lambda: writer.is_ready)
        assert await appended(writer)

    (chain,) = await chains(database)
    assert "previous_writer_id" not in chain[0]


async def test_missing_month_key_stops_the_writer_until_it_is_made(database: Database) -> None:
    clock = TurnableClock()
    clock.ahead = timedelta(days=100)
    async with a_writer(database, clock=clock) as writer:
        assert not await appended(writer)
        assert not writer.is_ready
        maker = MonthKeyMaker(
            invented.AUTHORITY, RootKey.from_text(ROOT_KEY), RootKey.from_text(AUDIT_ROOT_KEY)
        )
        engine = create_async_engine(sqlalchemy_address(database.owner_url))
        async with engine.begin() as connection:
            await maker.make(connection, [month_of(clock.now())])
        await engine.dispose()
        await until(lambda: writer.is_ready)
        assert await appended(writer)


async def test_other_root_key_writes_nothing(database: Database) -> None:
    async with a_writer(database, root=RootKey.generate_text()) as writer:
        assert not await appended(writer)
        assert not writer.is_ready

    assert not await chains(database)


async def test_public_key_put_there_by_somebody_else_is_not_used(database: Database) -> None:
    await execute(
        database.owner_url,
        past_the_guards("update audit_month_key set public_key = decode(repeat('09', 32), 'hex')"),
    )
    async with a_writer(database) as writer:
        assert not await appended(writer)

    assert not await chains(database)


class Pooler:
    """A connection through a pooler, which stays although the server behind it went away midway."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self.server_leaves = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    async def execute(self, statement: str, *values: object) -> None:
        await self._connection.execute(statement, *values)
        if self.server_leaves:
            raise asyncpg.PostgresError.new({"V": "FATAL", "C": "57P01", "M": "leaving"})


async def test_server_that_leaves_behind_a_pooler_leaves_doubt(database: Database) -> None:
    line, doubtful, poolers = Line(database.serving_url), a_draft(), list[Pooler]()
    connect = line.connect

    async def connect_through_pooler() -> Pooler:
        poolers.append(Pooler(await connect()))
        return poolers[-1]

    line.connect = connect_through_pooler  # type: ignore[method-assign]
    async with a_writer(line) as writer:
        await writer.append(a_draft())
        poolers[0].server_leaves = True
        assert not await appended(writer, doubtful)
        assert await appended(writer)

    *_, named = await doubt_of(database)
    assert named == {str(doubtful.record_id)}


class Stumbling(Keyring):
    """Meets something nobody thought of, as often as it is told."""

    times = 1
    stumbled = 0

    async def load(self, connection: Any, month: str) -> MonthKey | None:
        if type(self).stumbled < type(self).times:
            type(self).stumbled += 1
            raise RuntimeError("nobody thought of this")
        return await super().load(connection, month)

    @classmethod
    def new(cls, times: int) -> Self:
        return type("Fresh", (cls,), {"times": times})(RootKey.from_text(ROOT_KEY))  # type: ignore[no-any-return]


async def test_unexpected_error_while_looking_does_not_end_the_task(database: Database) -> None:
    async with a_writer(database, keyring=Stumbling.new(1)) as writer:
        assert await appended(writer)
        assert writer.is_ready

    (chain,) = await chains(database)
    assert "previous_writer_id" not in chain[0]


async def test_unexpected_error_while_writing_does_not_end_the_task(database: Database) -> None:
    draft = a_draft()
    async with a_writer(database, keyring=Stumbling.new(2)) as writer:
        assert not await appended(writer, draft)
        assert await appended(writer)

    (chain,) = await chains(database)
    assert chain[0]["doubtful_records"] == str(draft.record_id)


async def test_callers_that_gave_up_while_the_database_was_sought_are_not_written(database: Database) -> None:
    line, let = Line(database.serving_url), asyncio.Event()
    connect = line.connect

    async def connect_later() -> asyncpg.Connection:
        await let.wait()
        return await connect()

    line.connect = connect_later  # type: ignore[method-assign]
    async with a_writer(line) as writer:
        appends = [asyncio.create_task(appended(writer)) for _ in range(3)]
        await asyncio.sleep(0)
        for append in appends:
            append.cancel()
        let.set()
        await asyncio.wait(appends)

    assert not await chains(database)


async def test_callers_that_give_up_while_a_batch_waits_for_its_connection_are_not_written(
    database: Database,
) -> None:
    line, asked, let = Line(NOWHERE), asyncio.Event(), asyncio.Event()
    async with a_writer(line) as writer:
        assert not await appended(writer)
        line.url, connect = database.serving_url, line.connect

        async def connect_later() -> asyncpg.Connection:
            asked.set()
            await let.wait()
            return await connect()

        writer._connection._connect = connect_later
        append = asyncio.create_task(appended(writer))
        await asked.wait()
        append.cancel()
        await asyncio.wait([append])
        let.set()

    assert not await chains(database)


async def test_conflict_that_is_nobodys_ends_the_chain_instead_of_being_met_for_ever(
    database: Database,
) -> None:
    async with a_writer(database) as writer:
        await writer.append(a_draft())
        await execute(
            database.owner_url,
            "insert into audit_record"
            " (record_id, kind, writer_id, writer_sequence, leaf, leaf_hash, recorded_at)"
            " select $1, kind, writer_id, 3, leaf, leaf_hash, recorded_at from audit_record"
            " where writer_sequence = 2",
            uuid7(),
        )
        assert not await appended(writer)
        assert await appended(writer)


async def test_connection_lost_while_conflicts_are_sorted_out_is_no_doubt(database: Database) -> None:
    async with a_writer(database) as writer:
        await writer.append(an_intent(a_claim()))
        await execute(database.owner_url, "revoke select on audit_claim from dancu_serving")
        assert not await appended(writer, an_intent(a_claim()))
        await execute(database.owner_url, "grant select on audit_claim to dancu_serving")
        with pytest.raises(ClaimTakenError):
            await writer.append(an_intent(a_claim()))
        assert await appended(writer)

    (chain,) = await chains(database)
    assert len(chain) == 3


async def test_failure_says_nothing_of_what_was_written(database: Database) -> None:
    await execute(database.owner_url, "revoke insert on audit_record from dancu_serving")
    async with a_writer(database) as writer:
        with pytest.raises(AuditUnavailableError) as caught:
            await writer.append(an_intent())

    assert caught.value.args == ("audit_unavailable",)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


async def test_log_says_what_was_refused_and_nothing_of_its_contents(database: Database) -> None:
    stream = io.StringIO()
    configure_logging(stream)
    await execute(database.owner_url, "revoke insert on audit_record from dancu_serving")
    async with a_writer(database) as writer:
        await appended(writer, an_intent(role="reception"))

    said = stream.getvalue()
    assert '"error":"InsufficientPrivilegeError"' in said
    assert '"sqlstate":"42501"' in said
    assert "reception" not in said
    assert NUMBER not in said
