"""Keeps the figures of use: whatever is new in the tree is counted once, a few thousand leaves at a time.

The tree's leaves are numbered without a gap, and what commits late gets a later number, so how far was
counted is one number. A function of the database moves it together with the figures (migration 0028): the
role that calls it reads no record.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import asyncpg

from app.background import Background
from app.logs import LogEvent, get_logger

MOST_AT_ONCE: Final = 2000
_COUNT: Final = "select usage_count_more($1)"
_EVERY_SECONDS: Final = 10.0
_STEP_SECONDS: Final = 30.0  # the server has limits of its own, a network that is silent has none
_log = get_logger(__name__)


class UsageCounter(Background):
    """Counts every few seconds while it is open; several may, each leaf is counted by one of them."""

    def __init__(
        self,
        connect: Callable[[], Awaitable[asyncpg.Connection]],
        *,
        every_seconds: float = _EVERY_SECONDS,
        most_at_once: int = MOST_AT_ONCE,
    ) -> None:
        """Count as the role that *connect* signs in, each round on a connection of its own."""
        self._connect = connect
        self._every_seconds = every_seconds
        self._most_at_once = most_at_once

    async def count(self) -> int:
        """Count what is new and return how many leaves that were; asyncpg's errors, OSError, TimeoutError."""
        connection = await self._connect()
        counted = 0
        try:
            while passed := await self._count_some(connection):
                counted += passed
        finally:
            connection.terminate()
        return counted

    async def _count_some(self, connection: asyncpg.Connection) -> int:
        async with asyncio.timeout(_STEP_SECONDS):
            return int(await connection.fetchval(_COUNT, self._most_at_once))

    async def _run(self) -> None:
        while True:
            try:
                await self.count()
            except Exception as error:  # noqa: BLE001 - the worker outlives what it meets
                _log.error(LogEvent.COUNTING_FAILED, error=type(error).__name__)
            await asyncio.sleep(self._every_seconds)
