"""Where two administrators do together what neither may do alone."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.accounts.administration import (
    TWO_PERSON_ACTIONS,
    Action,
    drop_refusal,
    refusal,
    second_refusal,
)
from app.accounts.administration_desk import Directory, give_role, person_for, with_person
from app.accounts.approvals import (
    Approval,
    ApprovalState,
    add_approval,
    close_approval,
    held_approval,
    open_approvals,
)
from app.accounts.authentication import Caller
from app.accounts.guarding import SignInGuards
from app.accounts.notices import NoticeCode, leave_notice
from app.accounts.officer_changes import end_all_sessions, find_account, remove_second_factor
from app.accounts.refusals import Refusals
from app.accounts.resets import DELAY, PendingReset, begin_reset, has_second_factor, pending_reset
from app.accounts.values import Officer, Role
from app.audit.changes import Change, ChangeLog
from app.audit.record import RecordKind, Value
from app.clock import Clock, rfc3339
from app.errors import ConflictError, InvalidRequestError, NotAllowedError, NotFoundError, ProblemCode


class ApprovalDesk:
    """Takes requests, shows the open ones, and carries out what is approved, once."""

    def __init__(
        self,
        engine: AsyncEngine,
        directory: Directory,
        guards: SignInGuards,
        changes: ChangeLog,
        refusals: Refusals,
        clock: Clock,
    ) -> None:
        """Judge by *directory*, change through *changes*."""
        self._engine = engine
        self._directory = directory
        self._guards = guards
        self._changes = changes
        self._refusals = refusals
        self._clock = clock

    async def request(
        self,
        caller: Caller,
        action: Action,
        officer_id: UUID,
        reason: str,
        *,
        role: Role | None = None,
        person_code: str | None = None,
    ) -> Approval:
        """Store and return a request for another administrator.

        Raises InvalidRequestError, NotFoundError(OFFICER_UNKNOWN), NotAllowedError (on record),
        ConflictError(NOTHING_TO_CHANGE) and AuditUnavailableError.
        """
        if action not in TWO_PERSON_ACTIONS or (role is None) is (action is Action.APPOINT):
            raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=("/action", "/role"))
        approval = Approval.new(
            action,
            officer_id,
            reason,
            self._clock.now(),
            requested_by=caller.officer.officer_id,
            role=role,
            person_code=person_code,
        )

        async def work(connection: AsyncConnection) -> Change[Approval]:
            account = await find_account(connection, self._directory.accounts.current, officer_id)
            subject = with_person(account.officer, person_code)
            self._directory.check(caller, subject, action, role)
            if role is not None:
                person_for(account.officer, role, person_code)
            if not await self._is_needed(connection, account.officer, approval):
                raise ConflictError(ProblemCode.NOTHING_TO_CHANGE)
            await add_approval(connection, approval)
            facts = caller.facts() | approval.requested_facts()
            return Change(approval, RecordKind.APPROVAL_REQUESTED, facts)

        async with self._refusals(caller, changed_officer_id=officer_id):
            return await self._changes.make(work)

    async def open(self, caller: Caller) -> list[tuple[Approval, bool]]:
        """Return the open requests that are the caller's own or for them to decide, and whether they may."""
        async with self._engine.connect() as connection:
            approvals = await open_approvals(connection, self._clock.now())
        shown = []
        for approval in approvals:
            may_decide = self._may_decide(caller, approval)
            if may_decide or approval.requested_by == caller.officer.officer_id:
                shown.append((approval, may_decide))
        return shown

    async def decide(self, caller: Caller, approval_id: UUID, *, approves: bool) -> None:
        """Carry out, or refuse, what somebody else asked for; whoever comes second finds it closed.

        Raises NotFoundError, NotAllowedError (on record), ConflictError (APPROVAL_CLOSED,
        APPROVAL_OUTDATED, NOTHING_TO_CHANGE, PERSON_HAS_ANOTHER_ACCOUNT) and AuditUnavailableError.
        """

        async def work(connection: AsyncConnection) -> Change[None]:
            now = self._clock.now()
            approval = await held_approval(connection, approval_id)
            if approval is None:
                raise NotFoundError(ProblemCode.APPROVAL_UNKNOWN)
            if not approval.is_open(now):
                raise ConflictError(ProblemCode.APPROVAL_CLOSED)
            if approval.officer_id is None:
                return await _decide_drop(connection, caller, approval, now, approves=approves)
            accounts = self._directory.accounts.current
            subject = (await find_account(connection, accounts, approval.officer_id, is_held=True)).officer
            self._check_decider(caller, approval, subject)
            facts = caller.facts() | approval.facts()
            decider = caller.officer.officer_id
            if not approves:
                await close_approval(connection, approval_id, ApprovalState.REFUSED, decider, now)
                return Change(None, RecordKind.APPROVAL_REFUSED, facts)
            self._check_requester(approval, subject)
            kind, said = await self._carry_out(connection, approval, subject, now)
            await close_approval(connection, approval_id, ApprovalState.APPROVED, decider, now)
            return Change(None, kind, facts | said)

        async with self._refusals(caller, approval_id=approval_id):
            await self._changes.make(work)

    def login_name(self, officer_id: UUID | None) -> str | None:
        """Return an officer's login name, for showing."""
        officer = self._officer(officer_id)
        return officer.login_name if officer is not None else None

    def _officer(self, officer_id: UUID | None) -> Officer | None:
        return self._directory.accounts.current.officers.get(officer_id) if officer_id is not None else None

    def _may_decide(self, caller: Caller, approval: Approval) -> bool:
        if approval.officer_id is None:
            return drop_refusal(caller.officer) is None
        subject = self._officer(approval.officer_id)
        return subject is not None and self._second_refusal(caller, approval, subject) is None

    def _second_refusal(self, caller: Caller, approval: Approval, subject: Officer) -> ProblemCode | None:
        return second_refusal(
            caller.officer,
            self._officer(approval.requested_by),
            with_person(subject, approval.person_code),
            approval.action,
            is_in_reach=self._directory.is_in_reach(caller.officer, subject),
            role=approval.role,
        )

    def _check_decider(self, caller: Caller, approval: Approval, subject: Officer) -> None:
        code = self._second_refusal(caller, approval, subject)
        if code is not None:
            raise NotAllowedError(code)

    def _check_requester(self, approval: Approval, subject: Officer) -> None:
        """Raise where who asked was suspended, moved or given another role since; an operator stays one."""
        if approval.requested_by is None:
            return
        requester = self._officer(approval.requested_by)
        if requester is not None and requester.is_active:
            code = refusal(
                requester,
                with_person(subject, approval.person_code),
                approval.action,
                is_in_reach=self._directory.is_in_reach(requester, subject),
                role=approval.role,
            )
            if code is None:
                return
        raise ConflictError(ProblemCode.APPROVAL_OUTDATED)

    async def _is_needed(self, connection: AsyncConnection, subject: Officer, approval: Approval) -> bool:
        if approval.action is Action.UNLOCK:
            return await self._guards.locked_until(connection, subject.login_name) is not None
        if approval.action is Action.RESET_SECOND_FACTOR:
            is_pending = await pending_reset(connection, subject.officer_id) is not None
            return await has_second_factor(connection, subject.officer_id) and not is_pending
        return approval.role is not subject.role

    async def _carry_out(
        self, connection: AsyncConnection, approval: Approval, subject: Officer, now: datetime
    ) -> tuple[RecordKind, dict[str, Value]]:
        """Do what was approved to the held account and return how the record says it."""
        if approval.action is Action.UNLOCK:
            await self._guards.unlock(connection, subject.login_name)
            await leave_notice(connection, subject.officer_id, NoticeCode.ACCOUNT_UNLOCKED, now)
            return RecordKind.ACCOUNT_UNLOCKED, {}
        if not await self._is_needed(connection, subject, approval):
            raise ConflictError(ProblemCode.NOTHING_TO_CHANGE)
        if approval.role is not None:
            said = await give_role(connection, subject, approval.role, approval.person_code, now)
            return RecordKind.OFFICER_CHANGED, said
        return RecordKind.SECOND_FACTOR_RESET, await self._reset(connection, approval, subject, now)

    async def _reset(
        self, connection: AsyncConnection, approval: Approval, subject: Officer, now: datetime
    ) -> dict[str, Value]:
        """Take the second factor off: at once, or a day later where the account is privileged."""
        if not subject.is_privileged:
            await remove_second_factor(connection, subject.officer_id)
            await leave_notice(connection, subject.officer_id, NoticeCode.SECOND_FACTOR_REMOVED, now)
            return {"effective_at": rfc3339(now)}
        await begin_reset(connection, PendingReset(approval.approval_id, subject.officer_id, now + DELAY))
        await end_all_sessions(connection, subject.officer_id)
        return {"effective_at": rfc3339(now + DELAY)}


async def _decide_drop(
    connection: AsyncConnection, caller: Caller, approval: Approval, now: datetime, *, approves: bool
) -> Change[None]:
    """Decide that months of the evidence end; the operator then ends them, if nothing stands against it."""
    if (code := drop_refusal(caller.officer)) is not None:
        raise NotAllowedError(code)
    state, kind = ApprovalState.REFUSED, RecordKind.APPROVAL_REFUSED
    if approves:
        state, kind = ApprovalState.APPROVED, RecordKind.APPROVAL_GIVEN
    await close_approval(connection, approval.approval_id, state, caller.officer.officer_id, now)
    return Change(None, kind, caller.facts() | approval.facts())
