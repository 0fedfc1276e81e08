"""Closes intents whose process died: as `unknown`, by the database's clock, never a live one."""

import asyncio
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.audit.log import AlreadyClosedError, AuditLog
from app.audit.record import Draft, Outcome, RecordKind
from app.audit.table import AUDIT_OPEN_INTENT
from app.background import Background
from app.clock import Clock
from app.logs import LogEvent, get_logger

_LOCK_KEY: Final = (
    7_233_190_105  # one reconciler at a time saves work; the outcome's uniqueness is what counts
)
_MOST_AT_ONCE: Final = 500
_log = get_logger(__name__)


class Reconciler(Background):
    """Looks for forgotten intents at start-up and then at intervals."""

    def __init__(
        self, engine: AsyncEngine, log: AuditLog, clock: Clock, *, age_seconds: float, every_seconds: float
    ) -> None:
        """Close what is older than *age_seconds*: the lookup's budget plus a margin."""
        self._engine = engine
        self._log = log
        self._clock = clock
        self._age_seconds = age_seconds
        self._every_seconds = every_seconds

    async def close_forgotten(self) -> int:
        """Close every forgotten intent and return how many; 0 where another process is at it.

        Raises AuditUnavailableError, OSError or SQLAlchemyError where the database is out of reach.
        """
        async with self._engine.connect() as connection:
            if not await connection.scalar(select(func.pg_try_advisory_lock(_LOCK_KEY))):
                return 0
            try:
                closed = await self._close_all(connection)
                await connection.execute(select(func.pg_advisory_unlock(_LOCK_KEY)))
                await connection.commit()
            except BaseException:
                # The lock is the session's: back in the pool, it would keep every reconciler out.
                await connection.invalidate()
                raise
        if closed:
            _log.warning(LogEvent.INTENTS_CLOSED, count=closed)
        return closed

    async def _run(self) -> None:
        while True:
            try:
                await self.close_forgotten()
            except Exception as error:  # noqa: BLE001 - the reconciler outlives what it meets
                _log.warning(LogEvent.RECONCILER_FAILED, error=type(error).__name__)
            await asyncio.sleep(self._every_seconds)

    async def _close_all(self, connection: AsyncConnection) -> int:
        closed, seen = 0, set[UUID]()
        # Only what is new: what cannot be taken off the list must not be tried for ever.
        while forgotten := set(await self._forgotten(connection)) - seen:
            seen |= forgotten
            results = await asyncio.gather(*map(self._close, forgotten))
            closed += sum(results)
            await self._take_off(connection, forgotten)
        return closed

    async def _forgotten(self, connection: AsyncConnection) -> list[UUID]:
        age = timedelta(seconds=self._age_seconds)
        result = await connection.execute(
            select(AUDIT_OPEN_INTENT.c.lookup_id)
            .where(AUDIT_OPEN_INTENT.c.opened_at < func.clock_timestamp() - age)
            .order_by(AUDIT_OPEN_INTENT.c.opened_at)
            .limit(_MOST_AT_ONCE)
        )
        await connection.commit()
        return list(result.scalars())

    async def _close(self, lookup_id: UUID) -> bool:
        """Close the lookup as unknown; False where it has an outcome already."""
        facts = {"lookup_id": str(lookup_id), "outcome": Outcome.UNKNOWN.value}
        try:
            await self._log.append(Draft(RecordKind.LOOKUP_OUTCOME, self._clock.now(), facts))
        except AlreadyClosedError:
            return False
        return True

    async def _take_off(self, connection: AsyncConnection, lookup_ids: set[UUID]) -> None:
        """Take closed lookups off the work list; usually the record that closed them has done so."""
        await connection.execute(
            delete(AUDIT_OPEN_INTENT).where(AUDIT_OPEN_INTENT.c.lookup_id.in_(lookup_ids))
        )
        await connection.commit()
