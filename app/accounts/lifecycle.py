"""Suspends, day by day, accounts that lapsed and accounts nobody attested; each on record before it bites."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.accounts.lapse import LapseRules
from app.accounts.life_facts import ChangeFacts
from app.accounts.review_store import close_round, find_open_round, find_silent, suspend_silent
from app.accounts.unused_accounts import find_unused, suspend_unused
from app.audit.log import AuditLog
from app.audit.record import Draft
from app.background import Background
from app.clock import Clock, local_day
from app.logs import LogEvent, get_logger

_LOCK_KEY: Final = 7_233_190_116  # one keeper at a time saves work; the rows' locks are what counts
_MOST_AT_ONCE: Final = 50
"""Suspensions in one transaction: each commit makes every process load its directory anew."""
_log = get_logger(__name__)

Suspend = Callable[[AsyncConnection, Sequence[UUID]], Awaitable[list[ChangeFacts]]]


class LifecycleKeeper(Background):
    """Looks at start-up and then at intervals; what was done is found done, so any process may."""

    def __init__(
        self,
        engine: AsyncEngine,
        log: AuditLog,
        clock: Clock,
        rules: LapseRules,
        *,
        every_seconds: float = 3600.0,
    ) -> None:
        """Suspend under *rules* through *engine*, and record in *log*."""
        self._engine = engine
        self._log = log
        self._clock = clock
        self._rules = rules
        self._every_seconds = every_seconds

    async def suspend_due(self) -> int:
        """Suspend whose account has lapsed or was not attested; return how many, 0 where another is at it.

        Raises AuditUnavailableError, OSError or SQLAlchemyError where the database is out of reach; what was
        committed until then stands.
        """
        async with self._engine.connect() as connection:
            if not await connection.scalar(select(func.pg_try_advisory_lock(_LOCK_KEY))):
                return 0
            await connection.commit()
            try:
                suspended = await self._suspend_unused() + await self._close_review()
                await connection.execute(select(func.pg_advisory_unlock(_LOCK_KEY)))
                await connection.commit()
            except BaseException:
                # The lock is the session's: back in the pool, it would keep every keeper out.
                await connection.invalidate()
                raise
        if suspended:
            _log.warning(LogEvent.ACCOUNTS_SUSPENDED, count=suspended)
        return suspended

    async def _run(self) -> None:
        while True:
            try:
                await self.suspend_due()
            except Exception as error:  # noqa: BLE001 - the keeper outlives what it meets
                _log.warning(LogEvent.LIFECYCLE_FAILED, error=type(error).__name__)
            await asyncio.sleep(self._every_seconds)

    async def _suspend_unused(self) -> int:
        async with self._engine.connect() as connection:
            unused = await find_unused(connection, local_day(self._clock.now()), self._rules)
        return await self._suspend(
            unused,
            lambda connection, some: suspend_unused(connection, some, self._clock.now(), self._rules),
        )

    async def _close_review(self) -> int:
        today = local_day(self._clock.now())
        async with self._engine.connect() as connection:
            review = await find_open_round(connection)
            if review is None or not review.is_over(today):
                return 0
            silent = await find_silent(connection, review.round_id)
        suspended = await self._suspend(
            silent, lambda connection, some: suspend_silent(connection, review, some, self._clock.now())
        )
        async with self._engine.begin() as connection:
            closed = await close_round(connection, review, today)
            await self._record([closed] if closed else [])
        return suspended

    async def _suspend(self, officer_ids: Sequence[UUID], suspend: Suspend) -> int:
        count = 0
        for start in range(0, len(officer_ids), _MOST_AT_ONCE):
            async with self._engine.begin() as connection:
                facts = await suspend(connection, officer_ids[start : start + _MOST_AT_ONCE])
                await self._record(facts)
            count += len(facts)
        return count

    async def _record(self, facts: Sequence[ChangeFacts]) -> None:
        """Return once all are durable, before what they say is committed."""
        now = self._clock.now()
        await asyncio.gather(*(self._log.append(Draft(one.kind, now, one.leaf())) for one in facts))
