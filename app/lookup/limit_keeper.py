"""Tells the other processes about once a second what was looked up here, and learns their counts."""

import asyncio
from typing import Final

from app.background import Background
from app.logs import LogEvent, get_logger
from app.lookup.limit_store import LimitStore
from app.lookup.limits import LimitBook

_EVERY_SECONDS: Final = 1.0
_log = get_logger(__name__)


class LimitKeeper(Background):
    """Keeps a book and the database in step; a process that is killed takes a second's counts with it.

    While the database is away the book counts on by itself; lookups are refused then for want of evidence.
    """

    def __init__(self, book: LimitBook, store: LimitStore, *, every_seconds: float = _EVERY_SECONDS) -> None:
        """Keep *book* by *store*."""
        self._book = book
        self._store = store
        self._every_seconds = every_seconds

    async def __aexit__(self, *details: object) -> None:
        """Stop, then tell what is left."""
        await super().__aexit__(*details)
        await self._try_to_tell()

    async def tell(self) -> None:
        """Tell what is new, in one statement; nothing where nothing is new.

        Raises OSError or SQLAlchemyError where the database is out of reach; it is told again later then.
        What was told without our knowing is told twice: limits bite early then, never late.
        """
        told = self._book.take()
        try:
            totals = await self._store.exchange(told) if told.counts or told.citizens else {}
        except BaseException:
            self._book.put_back(told)
            raise
        self._book.settle(told, totals)
        # Officers at their limit may go on asking about whom they asked about through other processes.
        for seen in self._book.incomplete():
            seen.digests |= await self._store.citizens_of(seen)
            seen.is_complete = True

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._every_seconds)
            await self._try_to_tell()

    async def _try_to_tell(self) -> None:
        try:
            await self.tell()
        except Exception as error:  # noqa: BLE001 - the keeper outlives what it meets
            _log.warning(LogEvent.LIMITS_UNTOLD, error=type(error).__name__)
