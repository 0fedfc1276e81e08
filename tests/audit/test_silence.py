"""What a writer says of its own accord: that it is still there, that it can write again, that it ends."""

import asyncio
import io
import time
from typing import Any

import pytest

from app.audit.chain import Chain
from app.audit.connection import WriterConnection
from app.audit.keyring import Keyring
from app.audit.sealing import RootKey
from app.audit.silence import Silence
from app.audit.writer import AuditWriter
from app.clock import SystemClock
from app.errors import AuditUnavailableError
from app.logs import configure_logging
from tests.audit.workbench import Line, a_draft, a_writer, execute, fetch, until, whole_chains, writes_held
from tests.world import ROOT_KEY, Database


async def appended(writer: AuditWriter) -> bool:
    try:
        await writer.append(a_draft())
    except AuditUnavailableError:
        return False
    return True


async def kinds(database: Database) -> list[list[str]]:
    return [[str(facts["kind"]) for facts in chain] for chain in await whole_chains(database)]


async def count(database: Database, kind: str) -> int:
    return len(await fetch(database.owner_url, "select 1 from audit_record where kind = $1", kind))


async def until_there_are(database: Database, number: int, kind: str) -> None:
    async with asyncio.timeout(10):
        while await count(database, kind) < number:
            pass


async def test_silent_chain_says_that_it_is_still_there(database: Database) -> None:
    async with a_writer(database, heartbeat_seconds=0.05) as writer:
        await writer.append(a_draft())
        await until_there_are(database, 2, "writer.heartbeat")
        assert writer.is_ready

    ((opened, said, *beats, closed),) = await kinds(database)
    assert (opened, said, closed) == ("writer.opened", "sign_in.failed", "writer.closed")
    assert set(beats) == {"writer.heartbeat"}


async def test_writer_that_wrote_nothing_has_nothing_to_say(database: Database) -> None:
    async with a_writer(database, heartbeat_seconds=0.0) as writer:
        await until(lambda: writer.is_ready)
        await asyncio.sleep(1.1)  # longer than an idle writer rests

    assert await kinds(database) == []


async def test_chain_ends_with_a_record_of_its_end(database: Database) -> None:
    async with a_writer(database) as writer:
        await writer.append(a_draft())

    assert await kinds(database) == [["writer.opened", "sign_in.failed", "writer.closed"]]


async def test_chain_that_ended_in_doubt_is_not_said_to_have_ended_well(database: Database) -> None:
    line = Line(database.serving_url)
    async with a_writer(line) as writer:
        await writer.append(a_draft())
        async with writes_held(database) as is_held:
            append = asyncio.create_task(appended(writer))
            await is_held()
            await execute(database.owner_url, "select pg_terminate_backend($1)", line.pid)
            assert not await append

    assert await kinds(database) == [["writer.opened", "sign_in.failed"]]


async def test_end_that_cannot_be_written_hinders_nobody(database: Database) -> None:
    async with a_writer(database) as writer:
        await writer.append(a_draft())
        await execute(database.owner_url, "revoke insert on audit_record from dancu_serving")

    assert await kinds(database) == [["writer.opened", "sign_in.failed"]]


async def test_closing_does_not_wait_for_a_database_that_hangs(database: Database) -> None:
    async with a_writer(database, wait_seconds=0.3) as writer:
        await writer.append(a_draft())
        async with writes_held(database):
            begun = time.monotonic()
            await writer.__aexit__(None, None, None)
            assert time.monotonic() - begun < 2


class Deaf(Keyring):
    """A keyring whose answer never comes, whatever is cancelled."""

    async def load(self, connection: Any, month: str) -> None:
        del connection, month
        while True:
            try:
                await asyncio.sleep(0.2)
            except asyncio.CancelledError:
                if asyncio.current_task().cancelling() > 1:  # type: ignore[union-attr]
                    raise


async def test_closing_ends_a_task_that_does_not_end_by_itself(database: Database) -> None:
    deaf = Deaf(RootKey.from_text(ROOT_KEY))
    async with a_writer(database, wait_seconds=0.2, keyring=deaf) as writer:
        pass

    assert not writer.is_ready
    with pytest.raises(AuditUnavailableError):
        await writer.append(a_draft())


async def test_writer_whose_task_is_gone_is_not_ready_and_takes_nothing(database: Database) -> None:
    async with a_writer(database) as writer:
        await until(lambda: writer.is_ready)
        task = writer._task
        assert task is not None
        task.cancel()
        await asyncio.wait([task])
        assert not writer.is_ready
        begun = time.monotonic()
        assert not await appended(writer)
        assert time.monotonic() - begun < 1
        writer._task = None


async def test_after_a_refused_commit_only_a_commit_makes_ready_again(database: Database) -> None:
    closed = "alter table audit_record add constraint closed check (false) not valid"
    async with a_writer(database) as writer:
        await writer.append(a_draft())
        await execute(database.owner_url, closed)
        assert not await appended(writer)
        stream = io.StringIO()
        configure_logging(stream)
        await until(lambda: "audit.refused" in stream.getvalue())  # the writer's own try, once it rested
        assert not writer.is_ready
        await execute(database.owner_url, "alter table audit_record drop constraint closed")
        await until(lambda: writer.is_ready)

    ((*_, beat, closed),) = await kinds(database)
    assert (beat, closed) == ("writer.heartbeat", "writer.closed")


async def test_tries_after_failures_come_ever_more_rarely_and_no_failure_of_others_puts_them_off() -> None:
    silence, chain = Silence(30.0), Chain("H19")
    pauses = list[float]()
    for _ in range(20):
        silence.must_be_proven()
        before = silence._next_try
        silence.must_be_proven()
        assert silence._next_try == before
        assert not silence.is_due(chain)
        pauses.append(before - asyncio.get_running_loop().time())
        silence._next_try = 0.0  # as if the pause were over
        assert silence.is_due(chain)

    assert [round(pause) for pause in pauses[:6]] == [1, 2, 4, 8, 10, 10]
    assert max(pauses) <= 10
    silence.end()
    assert not silence.is_to_be_proven


async def test_nothing_is_sent_over_a_connection_that_was_not_made_sure_of(database: Database) -> None:
    connect = Line(database.serving_url).connect
    keyring = Keyring(RootKey.from_text(ROOT_KEY))
    connection = WriterConnection(connect, keyring, SystemClock(), wait_seconds=1)

    for use in (connection.commit("select 1", []), connection.may_write(), connection.find_conflicts([])):
        with pytest.raises(ConnectionError):
            await use


async def test_nothing_is_committed_without_a_signature() -> None:
    writer = AuditWriter(
        Line("postgresql://nowhere").connect,
        Keyring(RootKey.from_text(ROOT_KEY)),
        SystemClock(),
        authority_code="H19",
        wait_seconds=1,
    )

    with pytest.raises(ValueError, match="needs its keys"):
        await writer._commit(Chain("H19"), [])


async def test_role_that_may_add_records_and_not_signatures_is_not_ready(database: Database) -> None:
    await execute(database.owner_url, "revoke insert on audit_batch from dancu_serving")
    async with a_writer(database) as writer:
        with pytest.raises(AuditUnavailableError):
            await writer.append(a_draft())
        assert not writer.is_ready

    assert not await fetch(database.owner_url, "select 1 from audit_record")
