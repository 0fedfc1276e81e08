"""Views of tables kept in memory: reloaded when PostgreSQL says so, refused when unconfirmed for too long."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Generic, Self, TypeVar

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.clock import Clock
from app.database.metadata import DIRECTORY_CHANNEL
from app.errors import DirectoryStaleError
from app.logs import LogEvent, get_logger

_CHECK_SECONDS: Final = 1.0
_ANSWER_SECONDS: Final = 5.0
_RELOAD_SECONDS: Final = 30.0
_log = get_logger(__name__)

T = TypeVar("T")


class LiveView(Generic[T]):
    """One value loaded from the database; `current` is never older than the keeper's maximum age."""

    def __init__(self, load: Callable[[AsyncConnection], Awaitable[T]]) -> None:
        """Load with *load*, inside the keeper's snapshot."""
        self._load = load
        self._value: T | None = None
        self._is_fresh: Callable[[], bool] = lambda: False

    @property
    def current(self) -> T:
        """The value; DirectoryStaleError where it was last confirmed too long ago."""
        if self._value is None or not self._is_fresh():
            raise DirectoryStaleError
        return self._value

    async def refresh(self, connection: AsyncConnection) -> None:
        """Load the value anew."""
        self._value = await self._load(connection)

    def attach(self, is_fresh: Callable[[], bool]) -> None:
        """Let *is_fresh* decide whether the value may be used."""
        self._is_fresh = is_fresh


@dataclass(frozen=True, slots=True)
class Topic:
    """What a keeper watches: a channel that wakes it, and a number that tells whether anything changed."""

    channel: str
    version_query: str


DIRECTORY: Final = Topic(DIRECTORY_CHANNEL, "select version from directory_version")
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
        self._confirmed_at = float("-inf")
        self._version = 0
        self._notified = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        for view in views:
            view.attach(lambda: self.is_fresh)

    @property
    def is_fresh(self) -> bool:
        """Whether the views were confirmed within the maximum age."""
        return self._clock.monotonic() - self._confirmed_at <= self._max_age_seconds

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
        self._confirmed_at = asked_at

    async def _reload(self) -> int:
        day = self._day()
        async with self._engine.connect() as connection:
            await connection.execution_options(isolation_level="REPEATABLE READ")
            result = await connection.exec_driver_sql(self._topic.version_query)
            version = int(result.scalar_one())
            for view in self._views:
                await view.refresh(connection)
        self._loaded_day = day
        _log.info(LogEvent.DIRECTORY_LOADED, version=version)
        return version
