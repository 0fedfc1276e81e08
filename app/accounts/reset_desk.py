"""Where a pending reset of a second factor is cancelled, and notices about one's account are read."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.administration import Action
from app.accounts.administration_desk import Directory
from app.accounts.authentication import Caller
from app.accounts.notices import NoticeCode, acknowledge, leave_notice
from app.accounts.officer_changes import Account, find_account
from app.accounts.refusals import Refusals
from app.accounts.resets import close_reset, pending_reset
from app.audit.changes import Change, ChangeLog
from app.audit.record import RecordKind
from app.clock import Clock
from app.errors import NotFoundError, ProblemCode


class ResetDesk:
    """Lets the person concerned, and every administrator who could have approved it, stop a reset."""

    def __init__(self, directory: Directory, changes: ChangeLog, refusals: Refusals, clock: Clock) -> None:
        """Judge by *directory*, change through *changes*."""
        self._directory = directory
        self._changes = changes
        self._refusals = refusals
        self._clock = clock

    async def cancel_own(self, caller: Caller) -> None:
        """Cancel the reset of the caller's own second factor; NotFoundError(RESET_UNKNOWN) for none."""
        await self._changes.make(
            lambda connection: self._cancel(connection, caller, caller.officer.officer_id)
        )

    async def cancel(self, caller: Caller, officer_id: UUID) -> None:
        """Cancel somebody's; raises NotFoundError, NotAllowedError (on record), AuditUnavailableError."""

        async def work(connection: AsyncConnection) -> Change[None]:
            account = await self._held(connection, officer_id)
            self._directory.check(caller, account.officer, Action.CANCEL_RESET)
            return await self._cancel(connection, caller, officer_id)

        async with self._refusals(caller, changed_officer_id=officer_id):
            await self._changes.make(work)

    async def acknowledge(self, caller: Caller, notice_id: UUID) -> None:
        """Note that the caller read a notice; NotFoundError(ACCOUNT_NOTICE_UNKNOWN) for no unread one."""

        async def work(connection: AsyncConnection) -> Change[None]:
            now = self._clock.now()
            code = await acknowledge(connection, caller.officer.officer_id, notice_id, now)
            if code is None:
                raise NotFoundError(ProblemCode.ACCOUNT_NOTICE_UNKNOWN)
            return Change(None, RecordKind.ACCOUNT_NOTICE_READ, caller.facts() | {"change": code.value})

        await self._changes.make(work)

    async def _cancel(self, connection: AsyncConnection, caller: Caller, officer_id: UUID) -> Change[None]:
        now = self._clock.now()
        await self._held(connection, officer_id)  # the order in which everybody locks
        reset = await pending_reset(connection, officer_id)
        if reset is None:
            raise NotFoundError(ProblemCode.RESET_UNKNOWN)
        await close_reset(connection, officer_id, "cancelled", now, reset.approval_id)
        await leave_notice(connection, officer_id, NoticeCode.RESET_CANCELLED, now)
        facts = caller.facts() | {
            "changed_officer_id": str(officer_id),
            "approval_id": str(reset.approval_id),
        }
        return Change(None, RecordKind.SECOND_FACTOR_RESET_CANCELLED, facts)

    async def _held(self, connection: AsyncConnection, officer_id: UUID) -> Account:
        return await find_account(connection, self._directory.accounts.current, officer_id, is_held=True)
