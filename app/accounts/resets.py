"""Second factors of administrators and auditors come off a day after two administrators said so."""

import asyncio
import contextlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.accounts.administration_table import SECOND_FACTOR_RESET
from app.accounts.notices import NoticeCode, leave_notice
from app.accounts.officer_changes import remove_second_factor
from app.accounts.table import OFFICER, SECOND_FACTOR
from app.audit.changes import Change, ChangeLog
from app.audit.record import RecordKind, Value
from app.background import Background
from app.clock import Clock
from app.errors import AuditUnavailableError
from app.logs import LogEvent, get_logger

DELAY: Final = timedelta(hours=24)
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class PendingReset:
    """A reset that will take effect unless somebody cancels it."""

    approval_id: UUID
    officer_id: UUID
    effective_at: datetime


class _NotDueError(Exception):
    """Another process applied it, or somebody cancelled it, meanwhile."""


class ResetKeeper(Background):
    """Applies what is due, every so often; any number of processes may do so at once."""

    def __init__(
        self, engine: AsyncEngine, changes: ChangeLog, clock: Clock, *, every_seconds: float
    ) -> None:
        """Look every *every_seconds*."""
        self._engine = engine
        self._changes = changes
        self._clock = clock
        self._every_seconds = every_seconds

    async def apply_due(self) -> int:
        """Take off every second factor whose reset is due; return how many.

        Each is a transaction of its own, with its record; raises what the database raises and
        AuditUnavailableError, and what is left is done the next time.
        """
        now = self._clock.now()
        due = select(SECOND_FACTOR_RESET).where(
            SECOND_FACTOR_RESET.c.closed_at.is_(None), SECOND_FACTOR_RESET.c.effective_at <= now
        )
        async with self._engine.connect() as connection:
            found = [_pending(row) for row in await connection.execute(due)]
        applied = 0
        for reset in found:
            with contextlib.suppress(_NotDueError):
                await self._apply(reset, now)
                applied += 1
        return applied

    async def _apply(self, reset: PendingReset, now: datetime) -> None:
        async def work(connection: AsyncConnection) -> Change[None]:
            await _hold_officer(connection, reset.officer_id)  # the order in which everybody locks
            if not await close_reset(connection, reset.officer_id, "applied", now, reset.approval_id):
                raise _NotDueError
            await remove_second_factor(connection, reset.officer_id)
            await leave_notice(connection, reset.officer_id, NoticeCode.SECOND_FACTOR_REMOVED, now)
            facts: dict[str, Value] = {
                "changed_officer_id": str(reset.officer_id),
                "approval_id": str(reset.approval_id),
            }
            return Change(None, RecordKind.SECOND_FACTOR_REMOVED, facts)

        await self._changes.make(work)

    async def _run(self) -> None:
        while True:
            try:
                await self.apply_due()
            except (OSError, SQLAlchemyError, AuditUnavailableError) as error:
                _log.warning(LogEvent.RESETS_FAILED, error=type(error).__name__)
            await asyncio.sleep(self._every_seconds)


async def has_second_factor(connection: AsyncConnection, officer_id: UUID) -> bool:
    """Whether the officer has a confirmed second factor."""
    query = select(SECOND_FACTOR.c.officer_id).where(
        SECOND_FACTOR.c.officer_id == officer_id, SECOND_FACTOR.c.confirmed_at.is_not(None)
    )
    return await connection.scalar(query) is not None


async def pending_reset(connection: AsyncConnection, officer_id: UUID) -> PendingReset | None:
    """Return the officer's reset that is not over."""
    query = select(SECOND_FACTOR_RESET).where(
        SECOND_FACTOR_RESET.c.officer_id == officer_id, SECOND_FACTOR_RESET.c.closed_at.is_(None)
    )
    row = (await connection.execute(query)).first()
    return _pending(row) if row is not None else None


async def begin_reset(connection: AsyncConnection, reset: PendingReset) -> None:
    """Store a reset that takes effect later."""
    await connection.execute(
        insert(SECOND_FACTOR_RESET).values(
            approval_id=reset.approval_id, officer_id=reset.officer_id, effective_at=reset.effective_at
        )
    )


async def close_reset(
    connection: AsyncConnection, officer_id: UUID, why: str, now: datetime, approval_id: UUID
) -> bool:
    """End a pending reset, `applied` or `cancelled`; return whether it was pending."""
    result = await connection.execute(
        update(SECOND_FACTOR_RESET)
        .where(
            SECOND_FACTOR_RESET.c.officer_id == officer_id,
            SECOND_FACTOR_RESET.c.approval_id == approval_id,
            SECOND_FACTOR_RESET.c.closed_at.is_(None),
        )
        .values(closed_at=now, close_reason=why)
    )
    return result.rowcount == 1


async def _hold_officer(connection: AsyncConnection, officer_id: UUID) -> None:
    held = select(OFFICER.c.officer_id).where(OFFICER.c.officer_id == officer_id).with_for_update()
    await connection.execute(held)


def _pending(row: object) -> PendingReset:
    mapping = row._mapping  # type: ignore[attr-defined] # noqa: SLF001 - SQLAlchemy's documented access
    return PendingReset(mapping["approval_id"], mapping["officer_id"], mapping["effective_at"])
