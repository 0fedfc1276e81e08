"""Views of tables kept in memory: reloaded when PostgreSQL says so, refused when unconfirmed for too long."""

import asyncio
import contextlib
import gc
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Generic, Self, TypeVar

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.clock import Clock
from app.database.changes import Changes, read_changes
from app.database.metadata import DIRECTORY_CHANNEL
from app.errors import DirectoryStaleError
from app.logs import LogEvent, get_logger
from app.memory import return_free_memory

_CHECK_SECONDS: Final = 1.0
_ANSWER_SECONDS: Final = 5.0
_RELOAD_SECONDS: Final = 30.0
_SERVER_QUERY: Final = "select pg_postmaster_start_time()"
"""Tells one server from another, and from itself before it was started anew or restored."""
_log = get_logger(__name__)

T = TypeVar("T")
Amend = Callable[[AsyncConnection, T, Changes], Awaitable[T]]


class LiveView(Generic[T]):
    """One value loaded from the database; `current` is never older than the keeper's maximum age."""

    def __init__(
        self, load: Callable[[AsyncConnection], Awaitable[T]], amend: Amend[T] | None = None
    ) -> None:
        """Load with *load*, inside the keeper's snapshot.

        *amend*, where given, returns the value after changes, the same where they are not about it; it
        leaves the value it is given as it is, for others are reading that.
        """
        self._load = load
        self._amend = amend
        self._value: T | None = None
        self._is_fresh: Callable[[], bool] = lambda: False
        self._refreshed = asyncio.Event()

    @property
    def current(self) -> T:
        """The value; DirectoryStaleError where it was last confirmed too long ago."""
        if self._value is None or not self._is_fresh():
            raise DirectoryStaleError
        return self._value

    @property
    def last(self) -> T | None:
        """The value as it was last loaded, however long ago; None where it never was."""
        return self._value

    async def refresh(self, connection: AsyncConnection, changes: Changes | None = None) -> None:
        """Bring the value up to date with *changes*; without them load it anew."""
        if self._value is None or changes is None or self._amend is None:
            self._value = await self._load(connection)
        else:
            self._value = await self._amend(connection, self._value, changes)
        self._refreshed.set()
        self._refreshed = asyncio.Event()

    async def wait_until(self, holds: Callable[[T], bool], *, seconds: float) -> bool:
        """Wait until the value *holds* something, *seconds* at most; return whether it does.

        For who changed the directory and shall find it changed; it is read when PostgreSQL tells of that.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._value is None or not holds(self._value):
                    await self._refreshed.wait()
        return self._value is not None and holds(self._value)

    def attach(self, is_fresh: Callable[[], bool]) -> None:
        """Let *is_fresh* decide whether the value may be used."""
        self._is_fresh = is_fresh


@dataclass(frozen=True, slots=True)
class Topic:
    """What a keeper watches: a channel that wakes it, and a number that tells whether anything changed."""

    channel: str
    version_query: str
    says_what: bool = False
    """Whether it is also known what changed."""


DIRECTORY: Final = Topic(DIRECTORY_CHANNEL, "select version from directory_version", says_what=True)
SESSIONS: Final = Topic("dancu_sessions", "select version from session_version")


class DirectoryKeeper:
    """Keeps views current: LISTEN wakes it, a version number tells whether anything changed."""

    def __init__(
        self,
        engine: AsyncEngine,
        connect: Callable[[], Awaitable[asyncpg.Connection]],
        clock: Clock,
        views: tuple[LiveView[Any], ...],
        *,
        day: Callable[[], date],
        max_age_seconds: float,
        topic: Topic = DIRECTORY,
    ) -> None:
        """Load through *engine*, listen on a connection of its own; load anew when *day* turns."""
        self._engine = engine
        self._connect = connect
        self._clock = clock
        self._views = views
        self._topic = topic
        self._day = day
        self._loaded_day: date | None = None
        self._max_age_seconds = max_age_seconds
        self._confirmed_at = self._fresh_until = float("-inf")
        self._monotonic = clock.monotonic
        self._version: int | None = None
        self._server: object = None
        self._notified = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        for view in views:
            view.attach(self._is_confirmed)

    @property
    def is_fresh(self) -> bool:
        """Whether the views were confirmed within the maximum age."""
        return self._is_confirmed()

    def _is_confirmed(self) -> bool:
        return self._monotonic() <= self._fresh_until

    @property
    def age_seconds(self) -> float:
        """How long ago the views were last confirmed; infinite where they never were."""
        return self._clock.monotonic() - self._confirmed_at

    async def __aenter__(self) -> Self:
        """Try a first load, then keep going in the background."""
        first = asyncio.Event()
        self._task = asyncio.create_task(self._run(first), name="directory keeper")
        await first.wait()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop keeping."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self, first: asyncio.Event) -> None:
        while True:
            try:
                await self._listen(first)
            except Exception as error:  # noqa: BLE001 - the keeper outlives what it meets; stale views serve nobody
                _log.warning(LogEvent.DIRECTORY_UNREACHABLE, error=type(error).__name__)
            first.set()
            await asyncio.sleep(_CHECK_SECONDS)

    async def _listen(self, first: asyncio.Event) -> None:
        async with asyncio.timeout(_ANSWER_SECONDS):
            connection = await self._connect()
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                server = await connection.fetchval(_SERVER_QUERY)
                if server != self._server:  # another one may count the same numbers for other changes
                    self._server, self._version = server, None
                await connection.add_listener(self._topic.channel, lambda *_: self._notified.set())
            while True:
                self._notified.clear()
                await self._confirm(connection)
                first.set()
                # Not "wait_for": before Python 3.12 it loses a cancellation that comes with the notice.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_CHECK_SECONDS):
                        await self._notified.wait()
        finally:
            connection.terminate()

    async def _confirm(self, connection: asyncpg.Connection) -> None:
        asked_at = self._clock.monotonic()
        async with asyncio.timeout(_ANSWER_SECONDS):
            version = await connection.fetchval(self._topic.version_query)
        if version != self._version or self._day() != self._loaded_day:
            async with asyncio.timeout(_RELOAD_SECONDS):
                version = await self._reload()
        self._version = version
        self._confirmed_at, self._fresh_until = asked_at, asked_at + self._max_age_seconds

    async def _reload(self) -> int:
        day = self._day()
        async with self._engine.connect() as connection:
            await connection.execution_options(isolation_level="REPEATABLE READ")
            result = await connection.exec_driver_sql(self._topic.version_query)
            version = int(result.scalar_one())
            changes = await self._changes(connection, version) if day == self._loaded_day else None
            is_much = changes is None and self._topic.says_what
            with _unexamined() if is_much else contextlib.nullcontext():
                for view in self._views:
                    await view.refresh(connection, changes)
        self._loaded_day = day
        _log.info(LogEvent.DIRECTORY_LOADED, version=version)
        return version

    async def _changes(self, connection: AsyncConnection, version: int) -> Changes | None:
        """Return what changed up to *version*; None where that is not known."""
        if not self._topic.says_what or self._version is None or version <= self._version:
            return None
        return await read_changes(connection, self._version)


@contextlib.contextmanager
def _unexamined() -> Iterator[None]:
    """Let the garbage collector rest, and have it never look at what was made in between.

    A hundred thousand new objects would make it hold up all lookups for tenths of a second, several times.
    What is in use when this ends, and becomes a ring of garbage later, stays: a few kilobytes a day.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()
        return_free_memory()  # what was loaded before, and what the loading itself took
