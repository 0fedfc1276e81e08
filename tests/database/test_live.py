"""Views kept in memory, over a database that changes, goes away and comes back."""

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date, timedelta
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.database.changes import OFFICER, Changes
from app.database.connect import connector, open_engine
from app.database.live import DirectoryKeeper, LiveView
from app.errors import DirectoryStaleError
from tests.world import Database, TurnableClock

TODAY = date(2026, 5, 6)
NOWHERE = "postgresql://nobody@127.0.0.1:9/nowhere"
WITHIN_SECONDS = 1.0
RENAME = "update client set name = $1"


class Promoted:
    """A connection to a server that was started at another time."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    async def fetchval(self, query: str) -> Any:
        started = "pg_postmaster_start_time" in query
        return "another time" if started else await self._connection.fetchval(query)


class Desk:
    """What a keeper is given, so that a test can turn it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.address = database.serving_url
        self.clock = TurnableClock()
        self.today = TODAY
        self.loads = 0
        self.amended: list[Changes] = []
        self.is_promoted = False
        self.view = LiveView(self._load)

    async def _load(self, connection: AsyncConnection) -> str:
        self.loads += 1
        return str(await connection.scalar(text("select name from client")))

    async def _amend(self, connection: AsyncConnection, _: str, changes: Changes) -> str:
        self.amended.append(changes)
        return str(await connection.scalar(text("select name from client")))

    def tell_what_changed(self) -> None:
        """Let the view be told what changed, instead of loading anew."""
        self.view = LiveView(self._load, self._amend)

    async def connect(self) -> Any:
        connection = await connector(self.address)()
        return Promoted(connection) if self.is_promoted else connection

    @asynccontextmanager
    async def keeper(
        self, engine: AsyncEngine, *, max_age_seconds: float = 10
    ) -> AsyncIterator[DirectoryKeeper]:
        async with DirectoryKeeper(
            engine,
            self.connect,
            self.clock,
            (self.view,),
            day=lambda: self.today,
            max_age_seconds=max_age_seconds,
        ) as keeper:
            yield keeper

    async def change(self, statement: str, *values: object) -> None:
        connection = await asyncpg.connect(self.database.owner_url)
        try:
            await connection.execute(statement, *values)
        finally:
            await connection.close()

    async def cut(self) -> None:
        """Let nobody in any more and put everybody out."""
        self.address = NOWHERE
        await self.change(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and usename = 'gateway'"
        )

    def mend(self) -> None:
        self.address = self.database.serving_url


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


@pytest.fixture
async def engine(database: Database) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(database.serving_url)
    yield engine
    await engine.dispose()


async def until(is_so: Callable[[], bool], *, seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not is_so():  # noqa: ASYNC110 - nothing to await
            await asyncio.sleep(0.01)


def is_stale(view: LiveView[str]) -> bool:
    try:
        _ = view.current
    except DirectoryStaleError:
        return True
    return False


async def test_view_is_there_when_the_keeper_is(desk: Desk, engine: AsyncEngine) -> None:
    async with desk.keeper(engine) as keeper:
        assert keeper.is_fresh
        assert desk.view.current == "Phần mềm một cửa thử nghiệm"


async def test_change_is_seen_within_a_second(desk: Desk, engine: AsyncEngine) -> None:
    async with desk.keeper(engine):
        await desk.change(RENAME, "another")
        await until(lambda: desk.view.current == "another", seconds=WITHIN_SECONDS)


async def test_change_without_notice_is_seen_at_the_next_look(desk: Desk, engine: AsyncEngine) -> None:
    async with desk.keeper(engine):
        connection = await asyncpg.connect(desk.database.owner_url)
        await connection.execute("set session_replication_role = replica")
        await connection.execute(RENAME, "silent")
        await connection.execute("update directory_version set version = version + 1")
        await connection.close()
        await until(lambda: desk.view.current == "silent", seconds=2 * WITHIN_SECONDS)


async def test_view_is_loaded_only_when_something_changed(desk: Desk, engine: AsyncEngine) -> None:
    async with desk.keeper(engine):
        await desk.change("notify dancu_directory")
        await desk.change(RENAME, "another")
        await until(lambda: desk.view.current == "another")

    assert desk.loads == 2


async def test_view_that_knows_how_is_told_what_changed_and_not_loaded_anew(
    desk: Desk, engine: AsyncEngine
) -> None:
    desk.tell_what_changed()
    async with desk.keeper(engine):
        await desk.change(RENAME, "another")
        await until(lambda: desk.view.current == "another")
        await desk.change("update officer set status = 'suspended'")
        await until(lambda: len(desk.amended) == 2)

    assert desk.loads == 1
    assert [changes.tables for changes in desk.amended] == [{"client"}, {"officer"}]
    assert not desk.amended[0].of(OFFICER)
    assert desk.amended[1].of(OFFICER)


@pytest.mark.parametrize(
    "statement",
    [
        "update directory_version set version = version - 1",
        "update directory_version set version = version + 1",
    ],
    ids=["back", "unmarked"],
)
async def test_version_that_says_nothing_of_what_changed_loads_anew(
    desk: Desk, engine: AsyncEngine, statement: str
) -> None:
    desk.tell_what_changed()
    async with desk.keeper(engine):
        await desk.change(statement)
        await until(lambda: desk.loads == 2)

    assert not desk.amended


async def test_lost_connection_to_the_same_server_loads_nothing_anew(desk: Desk, engine: AsyncEngine) -> None:
    desk.tell_what_changed()
    async with desk.keeper(engine):
        await desk.cut()
        await desk.change(RENAME, "changed meanwhile")
        desk.mend()
        await until(lambda: desk.view.current == "changed meanwhile")

    assert desk.loads == 1


async def test_another_server_may_count_otherwise_and_is_loaded_anew(desk: Desk, engine: AsyncEngine) -> None:
    desk.tell_what_changed()
    async with desk.keeper(engine):
        desk.is_promoted = True
        await desk.cut()
        desk.mend()
        await until(lambda: desk.loads == 2)

    assert not desk.amended


async def test_garbage_collector_is_on_again_after_a_whole_load(desk: Desk, engine: AsyncEngine) -> None:
    during = list[bool]()

    async def look(_: AsyncConnection) -> str:
        during.append(gc.isenabled())
        return "loaded"

    desk.view = LiveView(look)
    async with desk.keeper(engine):
        assert during == [False]
        assert gc.isenabled()


async def test_view_unconfirmed_for_too_long_serves_nobody_until_the_database_is_back(
    desk: Desk, engine: AsyncEngine
) -> None:
    async with desk.keeper(engine, max_age_seconds=10) as keeper:
        await desk.cut()
        assert desk.view.current
        desk.clock.ahead += _seconds(11)
        assert is_stale(desk.view)
        assert not keeper.is_fresh

        await desk.change(RENAME, "changed meanwhile")
        desk.mend()
        await until(lambda: not is_stale(desk.view))
        assert desk.view.current == "changed meanwhile"


async def test_day_turn_loads_anew(desk: Desk, engine: AsyncEngine) -> None:
    async with desk.keeper(engine):
        desk.today = date(2026, 5, 7)
        await until(lambda: desk.loads == 2, seconds=2 * WITHIN_SECONDS)
        assert desk.view.current


async def test_keeper_starts_without_a_database_and_serves_nobody(desk: Desk, engine: AsyncEngine) -> None:
    desk.address = NOWHERE
    async with desk.keeper(engine) as keeper:
        assert not keeper.is_fresh
        assert is_stale(desk.view)
        desk.mend()
        await until(lambda: not is_stale(desk.view))


async def test_view_that_cannot_be_loaded_serves_nobody_until_it_can(desk: Desk, engine: AsyncEngine) -> None:
    await desk.change("revoke select on client from dancu_serving")
    async with desk.keeper(engine):
        assert is_stale(desk.view)
        await desk.change("grant select on client to dancu_serving")
        await until(lambda: not is_stale(desk.view))


async def test_view_nobody_keeps_serves_nobody(desk: Desk) -> None:
    assert is_stale(desk.view)


async def test_keeper_that_never_started_stops(desk: Desk, engine: AsyncEngine) -> None:
    keeper = DirectoryKeeper(
        engine, desk.connect, desk.clock, (desk.view,), day=lambda: TODAY, max_age_seconds=1
    )

    await keeper.__aexit__()


@pytest.mark.parametrize(
    "table",
    [
        "unit",
        "unit_version",
        "officer",
        "officer_posting",
        "client",
        "procedure",
        "procedure_version",
        "permission_grant",
    ],
)
async def test_change_in_any_table_of_the_directory_raises_its_version(
    database: Database, table: str
) -> None:
    owner = await asyncpg.connect(database.owner_url)
    heard = asyncio.Event()
    await owner.add_listener("dancu_directory", lambda *_: heard.set())
    before = await owner.fetchval("select version from directory_version")
    columns = await owner.fetchval(
        "select column_name from information_schema.columns where table_name = $1 limit 1", table
    )
    await owner.execute(f"update {table} set {columns} = {columns}")  # noqa: S608 - names written here
    await asyncio.wait_for(heard.wait(), WITHIN_SECONDS)
    after = await owner.fetchval("select version from directory_version")
    await owner.remove_listener("dancu_directory", lambda *_: None)
    owner.terminate()

    assert after > before


def _seconds(count: int) -> timedelta:
    return timedelta(seconds=count)


async def test_who_changed_the_directory_waits_until_it_says_so(engine: AsyncEngine) -> None:
    values = iter(["before", "between", "after"])

    async def load(_: AsyncConnection) -> str:
        return next(values)

    view: LiveView[str] = LiveView(load)
    waiting = asyncio.create_task(view.wait_until(lambda value: value == "after", seconds=30))
    async with engine.connect() as connection:
        for _ in range(3):
            await asyncio.sleep(0)  # whoever waits looks at each
            assert not waiting.done()
            await view.refresh(connection)
    assert await waiting


async def test_nobody_waits_for_ever_for_what_the_directory_does_not_say(
    desk: Desk, engine: AsyncEngine
) -> None:
    async with engine.connect() as connection:
        await desk.view.refresh(connection)
    assert not await desk.view.wait_until(lambda _: False, seconds=0)
    assert await desk.view.wait_until(lambda _: True, seconds=0)
