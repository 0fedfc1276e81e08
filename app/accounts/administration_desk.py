"""Where administrators see accounts, suspend them, change roles and end sessions, each alone."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.accounts.administration import Action, refusal
from app.accounts.authentication import Caller
from app.accounts.guarding import SignInGuards
from app.accounts.life_problems import life_problems
from app.accounts.notices import NoticeCode, leave_notice
from app.accounts.officer_changes import (
    Account,
    end_all_sessions,
    find_account,
    last_sign_in,
    person_rules,
    set_role,
)
from app.accounts.posting_plan import Notice
from app.accounts.refusals import Refusals
from app.accounts.sessions import Session, SessionRules, SessionStore
from app.accounts.standing import StatusReason, read_standing, resume_officer, suspend_officer
from app.accounts.store import Accounts
from app.accounts.values import PRIVILEGED, Officer, Role
from app.audit.changes import Change, ChangeLog
from app.audit.record import RecordKind, Value
from app.clock import Clock, local_day
from app.database.live import LiveView
from app.errors import ConflictError, InvalidRequestError, NotAllowedError, NotFoundError, ProblemCode
from app.units.store import UnitRegister
from app.units.values import Unit


@dataclass(frozen=True, slots=True)
class Directory:
    """Who and what there is, as every process knows it, and how far an administrator reaches in it."""

    accounts: LiveView[Accounts]
    units: LiveView[UnitRegister]

    def is_in_reach(self, actor: Officer, subject: Officer) -> bool:
        """Whether the subject's unit is the actor's or stands below it."""
        return actor.unit_id is not None and self.units.current.is_within(subject.unit_id, actor.unit_id)

    def check(self, caller: Caller, subject: Officer, action: Action, role: Role | None = None) -> None:
        """Raise NotAllowedError where the caller may not do this."""
        code = refusal(
            caller.officer, subject, action, is_in_reach=self.is_in_reach(caller.officer, subject), role=role
        )
        if code is not None:
            raise NotAllowedError(code)


@dataclass(frozen=True, slots=True)
class OfficerView:
    """An account as an administrator sees it."""

    account: Account
    unit: Unit | None
    locked_until: datetime | None
    last_sign_in_at: datetime | None
    status_reason: StatusReason | None = None


class AdministrationDesk:
    """Does what one administrator may do alone; each change names the version it was decided on."""

    def __init__(
        self,
        engine: AsyncEngine,
        directory: Directory,
        guards: SignInGuards,
        sessions: SessionStore,
        session_rules: SessionRules,
        changes: ChangeLog,
        refusals: Refusals,
        clock: Clock,
    ) -> None:
        """Judge by *directory*, change through *changes*."""
        self._engine = engine
        self._directory = directory
        self._guards = guards
        self._sessions = sessions
        self._session_rules = session_rules
        self._changes = changes
        self._refusals = refusals
        self._clock = clock

    async def view(self, caller: Caller, officer_id: UUID) -> OfficerView:
        """Return the account; raises NotFoundError, NotAllowedError (on record)."""
        async with (
            self._refusals(caller, changed_officer_id=officer_id),
            self._engine.connect() as connection,
        ):
            account = await find_account(connection, self._directory.accounts.current, officer_id)
            officer = account.officer
            self._directory.check(caller, officer, Action.VIEW)
            return OfficerView(
                account,
                self._directory.units.current.find(officer.unit_id),
                await self._guards.locked_until(connection, officer.login_name),
                await last_sign_in(connection, officer_id),
                (await read_standing(connection, officer_id)).reason,
            )

    def officer_id_of(self, login_name: str) -> UUID:
        """Return whose login name this is; NotFoundError(OFFICER_UNKNOWN) for nobody's."""
        officer = self._directory.accounts.current.officers_by_login.get(login_name)
        if officer is None:
            raise NotFoundError(ProblemCode.OFFICER_UNKNOWN)
        return officer.officer_id

    async def suspend(self, caller: Caller, officer_id: UUID, version: int, reason: str) -> int:
        """Suspend the account and return its next version; *reason* is the administrator's words.

        Raises as `change` does, ConflictError(LAST_ADMINISTRATOR) too.
        """

        async def work(connection: AsyncConnection, _: Account) -> dict[str, Value]:
            now = self._clock.now()
            facts = await suspend_officer(connection, officer_id, StatusReason.ADMINISTRATOR, now)
            return facts.leaf() | {"change": "suspended", "reason": reason}

        kind = RecordKind.OFFICER_SUSPENDED
        return await self.change(caller, officer_id, version, Action.SUSPEND, work, kind=kind)

    async def resume(self, caller: Caller, officer_id: UUID, version: int) -> int:
        """Lift a suspension and return the next version.

        Raises as `change` does, and ConflictError: NOT_POSTED, PERSON_HAS_ANOTHER_ACCOUNT.
        """

        async def work(connection: AsyncConnection, _: Account) -> dict[str, Value]:
            now = self._clock.now()
            today = local_day(now)
            with person_rules():
                facts = await resume_officer(connection, officer_id, Notice(today, today), now)
            return facts.leaf() | {"change": "resumed"}

        kind = RecordKind.OFFICER_RESUMED
        return await self.change(caller, officer_id, version, Action.RESUME, work, kind=kind)

    async def change_role(
        self, caller: Caller, officer_id: UUID, version: int, role: Role, person_code: str | None
    ) -> int:
        """Give the officer a role that one administrator may give and return the next version.

        Raises as `change` does, InvalidRequestError for a person's code that is missing or another one,
        and ConflictError(PERSON_HAS_ANOTHER_ACCOUNT).
        """

        async def work(connection: AsyncConnection, account: Account) -> dict[str, Value]:
            return await give_role(connection, account.officer, role, person_code, self._clock.now())

        return await self.change(
            caller,
            officer_id,
            version,
            Action.CHANGE_ROLE,
            work,
            wants=lambda account: account.officer.role is not role,
            role=role,
            person_code=person_code,
        )

    async def open_sessions(self, caller: Caller, officer_id: UUID) -> list[Session]:
        """Return the officer's sessions that last, newest first; raises as `view` does."""
        officer = (await self.view(caller, officer_id)).account.officer
        now, rules = self._clock.now(), self._session_rules
        return await self._sessions.open_sessions(
            officer_id,
            officer.session_epoch,
            started_since=now - rules.longest,
            active_since=now - rules.idle_for(is_privileged=officer.is_privileged),
        )

    async def end_sessions(self, caller: Caller, officer_id: UUID, version: int) -> int:
        """End all sessions of the officer, in every process, and return the next version."""

        async def work(connection: AsyncConnection, _: Account) -> dict[str, Value]:
            await end_all_sessions(connection, officer_id)
            return {"change": "sessions_ended"}

        return await self.change(caller, officer_id, version, Action.END_SESSIONS, work)

    async def change(
        self,
        caller: Caller,
        officer_id: UUID,
        version: int,
        action: Action,
        work: Callable[[AsyncConnection, Account], Awaitable[dict[str, Value]]],
        *,
        kind: RecordKind = RecordKind.OFFICER_CHANGED,
        wants: Callable[[Account], bool] = lambda _: True,
        role: Role | None = None,
        person_code: str | None = None,
    ) -> int:
        """Do *work* on the held account, where the rules, the version and its present state allow it.

        Raises NotFoundError, NotAllowedError (on record), ConflictError (VERSION_OUTDATED,
        NOTHING_TO_CHANGE, and what life_problems names) and AuditUnavailableError.
        """

        async def on_record(connection: AsyncConnection) -> Change[int]:
            accounts = self._directory.accounts.current
            account = await find_account(connection, accounts, officer_id, is_held=True)
            self._directory.check(caller, with_person(account.officer, person_code), action, role)
            if account.version != version:
                raise ConflictError(ProblemCode.VERSION_OUTDATED)
            if not wants(account):
                raise ConflictError(ProblemCode.NOTHING_TO_CHANGE)
            with life_problems():
                said = await work(connection, account)
            after = await find_account(connection, accounts, officer_id)
            facts = caller.facts() | {"changed_officer_id": str(officer_id)} | said
            return Change(after.version, kind, facts)

        async with self._refusals(caller, changed_officer_id=officer_id):
            return await self._changes.make(on_record)


def with_person(officer: Officer, person_code: str | None) -> Officer:
    """Return the officer as they would be known with the code; one that is registered stays."""
    return officer if officer.person_code is not None else replace(officer, person_code=person_code)


async def give_role(
    connection: AsyncConnection, officer: Officer, role: Role, person_code: str | None, now: datetime
) -> dict[str, Value]:
    """Give a held officer a role and leave them a notice; return what the record says of it.

    Raises as `person_for` does, and ConflictError(PERSON_HAS_ANOTHER_ACCOUNT).
    """
    known = person_for(officer, role, person_code)
    await set_role(connection, officer.officer_id, role, known)
    await leave_notice(connection, officer.officer_id, NoticeCode.ROLE_CHANGED, now)
    return {"change": "role", "before": officer.role.value, "after": role.value}


def person_for(officer: Officer, role: Role, person_code: str | None) -> str | None:
    """Return whose account it is once it has *role*; only the operator changes a code that is registered.

    Raises InvalidRequestError: PERSON_CODE_NEEDED, INVALID_VALUE for another code than the registered one.
    """
    if person_code is not None and officer.person_code not in {None, person_code}:
        raise InvalidRequestError(ProblemCode.INVALID_VALUE, fields=("/person_code",))
    known = officer.person_code or person_code
    if known is None and role in PRIVILEGED:
        raise InvalidRequestError(ProblemCode.PERSON_CODE_NEEDED, fields=("/person_code",))
    return known
