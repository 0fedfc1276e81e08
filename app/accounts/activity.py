"""When officers last did something: known at once here, told to the other processes every few seconds."""

import asyncio
import contextlib
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from app.accounts.sessions import SessionStore
from app.accounts.trouble import database_trouble
from app.background import Background
from app.logs import LogEvent, get_logger

_TELL_SECONDS: Final = 5.0
_PAUSE: Final = timedelta(minutes=1)
"""After so long without an action the next one is told at once: elsewhere the session may be nearly idle."""
_REST_SECONDS: Final = 0.5
_REMEMBER: Final = timedelta(hours=1)
_log = get_logger(__name__)


class ActivityBook(Background):
    """Remembers each session's last action; a refresh is none (R15)."""

    def __init__(self, store: SessionStore) -> None:
        """Tell *store* what is new."""
        self._store = store
        self._seen: dict[UUID, datetime] = {}
        self._untold: dict[UUID, datetime] = {}
        self._is_urgent = asyncio.Event()

    async def __aexit__(self, *details: object) -> None:
        """Stop, then tell what is left."""
        await super().__aexit__(*details)
        await self.tell()

    def is_seen(self, session_id: UUID, started_at: datetime, now: datetime, limit: timedelta) -> bool:
        """Whether the officer did something in this process, or signed in, within *limit*."""
        return now - self._seen.get(session_id, started_at) <= limit

    async def is_idle(self, session_id: UUID, started_at: datetime, now: datetime, limit: timedelta) -> bool:
        """Whether the officer did nothing anywhere for longer than *limit*; signing in was an action.

        The database is asked only where this process saw nothing for so long. Raises AuditUnavailableError.
        """
        if self.is_seen(session_id, started_at, now, limit):
            return False
        with database_trouble():
            told = await self._store.last_active_at(session_id)
        return told is None or now - told > limit

    def note(self, session_id: UUID, now: datetime) -> None:
        """Note an action."""
        seen = self._seen.get(session_id)
        if seen is None or now - seen > _PAUSE:
            self._is_urgent.set()
        self._seen[session_id] = self._untold[session_id] = now

    async def tell(self) -> None:
        """Write down what is new; what cannot be written now is tried again."""
        told = dict(self._untold)
        try:
            await self._store.touch(told)
        except (OSError, SQLAlchemyError) as error:
            _log.warning(LogEvent.DIRECTORY_UNREACHABLE, error=type(error).__name__)
            return
        for session_id, at in told.items():
            if self._untold[session_id] == at:
                del self._untold[session_id]

    async def _run(self) -> None:
        while True:
            # Not "wait_for": before Python 3.12 it loses a cancellation that comes with what it waits for.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_TELL_SECONDS):
                    await self._is_urgent.wait()
            self._is_urgent.clear()
            await self.tell()
            self._forget()
            await asyncio.sleep(_REST_SECONDS)

    def _forget(self) -> None:
        if not self._seen:
            return
        newest = max(self._seen.values())
        self._seen = {session: at for session, at in self._seen.items() if newest - at < _REMEMBER}
