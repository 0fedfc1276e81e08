"""Where an officer turns a one-time code into a password of their own, without being signed in."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.accounts.activation import code_digest
from app.accounts.clients import Client
from app.accounts.credential_store import CredentialStore, set_own_password
from app.accounts.guarding import Charge, SignInGuards
from app.accounts.life_facts import ChangeFacts, time_text
from app.accounts.life_table import ACTIVATION_CODE
from app.accounts.password_desk import PasswordDesk, PasswordRefusedError
from app.accounts.passwords import PasswordVault, SignInBusyError
from app.accounts.request import Request
from app.accounts.sign_in import login_name_of
from app.accounts.store import Accounts
from app.accounts.table import OFFICER
from app.accounts.trouble import database_trouble
from app.accounts.values import Officer
from app.audit.log import AuditLog
from app.audit.record import Draft, RecordKind, Value
from app.clock import Clock
from app.database.live import LiveView
from app.errors import AuditUnavailableError, NotAllowedError, ProblemCode
from app.units.store import UnitRegister

_NOBODY: Final = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Activation:
    """What an officer types from their slip, and the password they choose."""

    username: str = field(repr=False)
    code: str = field(repr=False)
    new_password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Claim:
    """Who tries, from where, through which software, counted as what."""

    officer: Officer | None
    request: Request
    client: Client | None
    charge: Charge
    code_digest: bytes = field(repr=False)


class ActivationRefusedError(NotAllowedError):
    """Name and code do not belong together, or the code no longer works; which, nobody is told."""

    def __init__(self) -> None:
        super().__init__(ProblemCode.ACTIVATION_REFUSED)


class ActivationDesk:
    """Takes codes, each of them once."""

    def __init__(
        self,
        engine: AsyncEngine,
        accounts: LiveView[Accounts],
        units: LiveView[UnitRegister],
        vault: PasswordVault,
        passwords: PasswordDesk,
        credentials: CredentialStore,
        guards: SignInGuards,
        log: AuditLog,
        clock: Clock,
    ) -> None:
        """Judge passwords as *passwords* does, and guard against guessing as sign-in does."""
        self._engine = engine
        self._accounts = accounts
        self._units = units
        self._vault = vault
        self._passwords = passwords
        self._credentials = credentials
        self._guards = guards
        self._log = log
        self._clock = clock

    async def activate(self, activation: Activation, request: Request, client: Client | None = None) -> None:
        """Give the officer the password they chose; the code is used up, and every session they had ends.

        Software of one unit gives no access to officers of another, and must not find out about them.
        A code whose password is refused still works. A wrong name and a wrong code get the same answer after
        the same work. Raises ActivationRefusedError and PasswordRefusedError, TooManySignInsError,
        SignInBusyError and AuditUnavailableError.
        """
        self._vault.check_room()
        login_name = login_name_of(activation.username)
        officer = self._accounts.current.officers_by_login.get(login_name)
        with database_trouble():
            client_id = client.client_id if client else ""
            charge = await self._guards.charge(login_name, client_id, request.address)
            claim = _Claim(officer, request, client, charge, code_digest(activation.code))
            try:
                await self._take(claim, activation.new_password)
            except ActivationRefusedError:
                await self._refuse(claim)
                raise
            except (PasswordRefusedError, SignInBusyError, AuditUnavailableError):
                await self._guards.give_back(charge)
                raise
            await self._guards.refund(charge)

    async def _take(self, claim: _Claim, new_password: str) -> None:
        officer, unit = claim.officer, None
        is_right = await self._is_right(claim)
        if officer is not None:
            unit = self._units.current.find(officer.unit_id)
        if not is_right or officer is None or unit is None or claim.charge.is_account_locked:
            raise ActivationRefusedError
        if claim.client is not None and not claim.client.serves(unit.unit_id, self._units.current):
            raise ActivationRefusedError
        await self._passwords.refuse_unfit(officer, unit.name, new_password)
        password_hash = await self._vault.hash(new_password)
        async with self._engine.begin() as connection:
            now = self._clock.now()
            await self._use_up(connection, claim, officer, now)
            if not await set_own_password(connection, officer, password_hash, now):
                raise ActivationRefusedError
            # On record before it is true: without evidence the code has not been used.
            await self._log.append(
                Draft(RecordKind.ACCOUNT_ACTIVATED, now, _facts(claim) | _change(officer, now))
            )

    async def _is_right(self, claim: _Claim) -> bool:
        """Whether the code works for the officer, who may use their account; always one question."""
        officer, now = claim.officer, self._clock.now()
        query = select(ACTIVATION_CODE.c.code_digest).where(*_works(claim, now))
        async with self._engine.connect() as connection:
            found = await connection.scalar(query)
        return found is not None and officer is not None and officer.is_active

    async def _use_up(
        self, connection: AsyncConnection, claim: _Claim, officer: Officer, now: datetime
    ) -> None:
        """Mark the code used; the officer's row is taken first, as by those who issue codes."""
        held = (
            select(OFFICER.c.status)
            .where(OFFICER.c.officer_id == officer.officer_id)
            .with_for_update(key_share=True)
        )
        if await connection.scalar(held) != "active":
            raise ActivationRefusedError
        used = await connection.execute(
            update(ACTIVATION_CODE).where(*_works(claim, now)).values(used_at=now)
        )
        if used.rowcount == 0:
            raise ActivationRefusedError

    async def _refuse(self, claim: _Claim) -> None:
        now = self._clock.now()
        await self._log.append(Draft(RecordKind.ACTIVATION_FAILED, now, _facts(claim)))
        if claim.charge.locks_account:
            # For a name nobody bears too: the lock must not take longer where there is somebody.
            await self._credentials.end_sessions(claim.officer.officer_id if claim.officer else _NOBODY)
            await self._log.append(Draft(RecordKind.ACCOUNT_LOCKED, now, _facts(claim)))
        if claim.charge.locks_address:
            place = _facts(replace(claim, officer=None))
            await self._log.append(Draft(RecordKind.ADDRESS_LOCKED, now, place))


def _works(claim: _Claim, now: datetime) -> tuple[ColumnElement[bool], ...]:
    columns = ACTIVATION_CODE.c
    return (
        columns.code_digest == claim.code_digest,
        columns.officer_id == (claim.officer.officer_id if claim.officer else _NOBODY),
        columns.used_at.is_(None),
        columns.revoked_at.is_(None),
        columns.expires_at > now,
    )


def _facts(claim: _Claim) -> dict[str, Value]:
    facts: dict[str, Value] = {"address": claim.request.address, "request_id": claim.request.request_id}
    if claim.client is not None:
        facts["client_id"] = claim.client.client_id
    # A name nobody bears is not written down: it may be a code typed into the wrong box.
    if claim.officer is not None:
        facts["officer_id"] = str(claim.officer.officer_id)
        facts["role"] = claim.officer.role.value
        if claim.officer.unit_id is not None:
            facts["unit_id"] = str(claim.officer.unit_id)
    return facts


def _change(officer: Officer, now: datetime) -> dict[str, Value]:
    """Return what the officer did to their own account."""
    change = ChangeFacts(
        RecordKind.ACCOUNT_ACTIVATED,
        officer_id=officer.officer_id,
        before={"password_changed_at": time_text(officer.password_changed_at)},
        after={"password_changed_at": time_text(now)},
    )
    return change.leaf()
