"""What is known of standbys, who may know it, and what a writer does about it."""

import io
import json
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from app.audit.durability import StandbyGuard, StandbysMissingError, Standing, standing_of
from app.audit.keyring import Keyring
from app.audit.sealing import RootKey
from app.audit.writer import AuditWriter
from app.cli import invented
from app.clock import SystemClock
from app.errors import AuditUnavailableError
from app.logs import configure_logging
from tests.audit.workbench import Line, a_draft, execute, fetch
from tests.world import ROOT_KEY, Database, TurnableClock

GOOD = Standing(is_named=True, waits=True, streaming=1)


class ReplicatingServer:
    """A connection to a server whose standbys come and go."""

    def __init__(self, standing: Standing = GOOD) -> None:
        self.standing = standing
        self.asked = 0

    async def fetchrow(self, query: str) -> dict[str, Any]:
        self.asked += "audit_synchronous_standbys" in query
        known = self.standing
        return {"is_named": known.is_named, "waits": known.waits, "streaming": known.streaming}


async def passes(guard: StandbyGuard, connection: Any) -> bool:
    try:
        await guard.check(connection)
    except StandbysMissingError:
        return False
    return True


@pytest.mark.parametrize(
    ("standing", "wanted", "trouble"),
    [
        (GOOD, 1, None),
        (Standing(is_named=True, waits=True, streaming=2), 1, None),
        (GOOD, 2, "too_few"),
        (Standing(is_named=False, waits=True, streaming=1), 1, "no_names"),
        (Standing(is_named=True, waits=False, streaming=1), 1, "no_wait"),
        (Standing(is_named=True, waits=True, streaming=None), 1, "hidden"),
    ],
)
def test_trouble_has_one_word(standing: Standing, wanted: int, trouble: str | None) -> None:
    assert standing.trouble(wanted) == trouble


async def test_where_none_are_wanted_nobody_is_asked() -> None:
    server = ReplicatingServer(Standing(is_named=False, waits=False, streaming=0))
    guard = StandbyGuard(0, SystemClock())
    assert await passes(guard, server)
    assert (server.asked, guard.streaming) == (0, None)


async def test_look_is_good_for_a_second_and_for_its_own_connection() -> None:
    clock, server, other = TurnableClock(), ReplicatingServer(), ReplicatingServer()
    guard = StandbyGuard(1, clock, every_seconds=60)
    assert await passes(guard, server)
    assert await passes(guard, server)
    assert server.asked == 1
    assert await passes(guard, other)
    assert other.asked == 1
    clock.ahead += type(clock.ahead)(seconds=61)
    assert await passes(guard, other)
    assert other.asked == 2


async def test_bad_look_is_repeated_each_time_so_that_recovery_is_seen_at_once() -> None:
    server = ReplicatingServer(Standing(is_named=True, waits=True, streaming=0))
    guard = StandbyGuard(1, SystemClock())
    assert [await passes(guard, server) for _ in range(3)] == [False] * 3
    server.standing = GOOD
    assert await passes(guard, server)
    assert (server.asked, guard.streaming) == (4, 1)


async def test_trouble_is_told_once_and_its_end_too() -> None:
    stream = io.StringIO()
    configure_logging(stream)
    server = ReplicatingServer(Standing(is_named=True, waits=True, streaming=None))
    guard = StandbyGuard(1, SystemClock())
    for _ in range(3):
        await passes(guard, server)
    server.standing = GOOD
    await passes(guard, server)
    told = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [(line["event"], line.get("reason"), line["count"]) for line in told] == [
        ("audit.standbys_missing", "hidden", 0),
        ("audit.standbys_back", None, 1),
    ]


@pytest.mark.parametrize("role", ["serving_url", "sequencing_url"])
async def test_roles_that_write_learn_how_commits_stand(database: Database, role: str) -> None:
    connection = await asyncpg.connect(getattr(database, role))
    try:
        assert await standing_of(connection) == Standing(is_named=False, waits=True, streaming=0)
    finally:
        await connection.close()


async def test_auditing_role_does_not(database: Database) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await fetch(database.auditing_url, "select audit_synchronous_standbys()")


async def test_owner_who_is_no_superuser_must_be_let_read_statistics(database: Database) -> None:
    owner, count = f"owner_{uuid4().hex}", "select audit_synchronous_standbys() as count"
    await execute(database.owner_url, f"create role {owner}")
    try:
        await execute(database.owner_url, f"alter function audit_synchronous_standbys() owner to {owner}")
        assert (await fetch(database.serving_url, count))[0]["count"] is None
        await execute(database.owner_url, f"grant pg_read_all_stats to {owner}")
        assert (await fetch(database.serving_url, count))[0]["count"] == 0
    finally:
        await execute(database.owner_url, "alter function audit_synchronous_standbys() owner to postgres")
        await execute(database.owner_url, f"drop role {owner}")


async def test_writer_writes_nothing_without_the_standbys_it_wants(database: Database) -> None:
    line = Line(database.serving_url)
    async with AuditWriter(
        line.connect,
        Keyring(RootKey.from_text(ROOT_KEY)),
        SystemClock(),
        authority_code=invented.AUTHORITY,
        wait_seconds=5,
        standbys=1,
    ) as writer:
        with pytest.raises(AuditUnavailableError):
            await writer.append(a_draft())
        assert (writer.is_ready, writer.standbys, line.inserts) == (False, 0, 0)
    assert await fetch(database.owner_url, "select 1 from audit_record") == []
