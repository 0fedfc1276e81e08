"""Sign-in of officers by their password, through client software that has proved itself."""

import unicodedata
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from uuid_utils.compat import uuid7

from app.accounts.access_rules import ASSURANCE_PASSWORD, ASSURANCE_SECOND_FACTOR
from app.accounts.client_check import bound_certificate
from app.accounts.clients import Client
from app.accounts.credential_store import CredentialStore
from app.accounts.guarding import Charge, SignInGuards
from app.accounts.passwords import MAX_PASSWORD_LENGTH, PasswordVault, SignInBusyError
from app.accounts.request import Request
from app.accounts.second_factor_desk import SecondFactorDesk
from app.accounts.session_desk import IssuedTokens, SessionDesk
from app.accounts.sessions import Session
from app.accounts.store import Accounts
from app.accounts.throttling import SignInsThrottledError, SignInThrottle
from app.accounts.trouble import database_trouble
from app.accounts.values import Officer
from app.audit.coalescing import Coalescer
from app.audit.log import AuditLog
from app.audit.record import Draft, RecordKind, Value
from app.clock import Clock
from app.database.live import LiveView
from app.units.store import UnitRegister

_NOBODY: Final = UUID(int=0)


class SignInFault(StrEnum):
    """Why a sign-in failed, in the words of RFC 6749 section 5.2."""

    INVALID_CLIENT = "invalid_client"
    UNAUTHORIZED_CLIENT = "unauthorized_client"
    INVALID_GRANT = "invalid_grant"
    UNSUPPORTED_GRANT_TYPE = "unsupported_grant_type"
    INVALID_REQUEST = "invalid_request"


class SignInError(Exception):
    """The sign-in failed; nothing says whether the name, the password or the account was at fault."""

    def __init__(self, fault: SignInFault) -> None:
        """Carry the fault that the client software is told."""
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Credentials:
    """What arrives at the token endpoint for an officer; `otp` is a one-time or recovery code."""

    username: str = field(repr=False)
    password: str = field(repr=False)
    otp: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class _Admitted:
    officer: Officer
    unit_id: UUID


class SignInDesk:
    """Turns credentials into sessions."""

    def __init__(
        self,
        accounts: LiveView[Accounts],
        vault: PasswordVault,
        guards: SignInGuards,
        second_factors: SecondFactorDesk,
        credentials: CredentialStore,
        sessions: SessionDesk,
        log: AuditLog,
        clock: Clock,
        units: LiveView[UnitRegister],
        throttle: SignInThrottle,
    ) -> None:
        """Check against *accounts*, record every try in *log*; those that *throttle* stops once a minute."""
        self._units = units
        self._accounts = accounts
        self._vault = vault
        self._guards = guards
        self._second_factors = second_factors
        self._credentials = credentials
        self._sessions = sessions
        self._log = log
        self._clock = clock
        self._throttle = throttle
        self._throttled = Coalescer(log)

    async def sign_in(self, client: Client, credentials: Credentials, request: Request) -> IssuedTokens:
        """Return tokens for the officer, once their sign-in is on record.

        An unknown name, a wrong password, a wrong code, and a locked, suspended or never activated account
        cost the same time and get the same answer. Raises SignInError, SignInsThrottledError,
        TooManySignInsError, SignInBusyError and AuditUnavailableError.
        """
        self._vault.check_room()  # a flood is turned away before it costs the database anything
        await self._throttle_flood(client, request)
        login_name = login_name_of(credentials.username)
        officer = self._accounts.current.officers_by_login.get(login_name)
        with database_trouble():
            charge = await self._guards.charge(login_name, client.client_id, request.address)
            try:
                admitted = await self._checked(
                    officer, credentials, client, is_locked=charge.is_account_locked
                )
            except SignInBusyError:
                await self._guards.give_back(charge)
                raise
            if admitted is None:
                await self._refuse(officer, charge, client, request)
                raise SignInError(SignInFault.INVALID_GRANT)
            self._throttle.remember(request.address)
            await self._guards.refund(charge)
            await self._raise_hash(admitted.officer, credentials.password)
            return await self._begin(admitted, client, request)

    async def _throttle_flood(self, client: Client, request: Request) -> None:
        """Raise SignInsThrottledError for a try too many; one record per client software and minute."""
        try:
            self._throttle.step(request.address)
        except SignInsThrottledError:
            mark = (client.client_id,)
            if not self._throttled.has(mark, self._clock.now()):
                draft = self._draft(RecordKind.SIGN_IN_THROTTLED, client, None, request, None)
                await self._throttled.append(mark, draft)
            raise

    async def _checked(
        self, officer: Officer | None, credentials: Credentials, client: Client, *, is_locked: bool
    ) -> _Admitted | None:
        """Return the officer where everything is right; every try costs one hash and the same statements."""
        is_right = len(credentials.password) <= MAX_PASSWORD_LENGTH and await self._vault.matches(
            officer.password_hash if officer else None, credentials.password
        )
        able = _able(officer, self._clock.now()) if is_right and not is_locked else None
        if able is not None and not client.serves(able.unit_id, self._units.current):
            able = None  # not said: software of one unit must not find out about officers of another
        has_code = await self._second_factors.is_right(
            officer.officer_id if officer else None, credentials.otp or "", counts=able is not None
        )
        if able is None or (able.officer.has_second_factor and not has_code):
            return None
        return able

    async def _raise_hash(self, officer: Officer, password: str) -> None:
        """Bring an older hash to today's parameters; until then it takes another time than nobody's."""
        if officer.password_hash and self._vault.needs_rehash(officer.password_hash):
            with suppress(SignInBusyError):  # there will be another sign-in
                raised = await self._vault.hash(password)
                await self._credentials.raise_hash(officer.officer_id, officer.password_hash, raised)

    async def _begin(self, admitted: _Admitted, client: Client, request: Request) -> IssuedTokens:
        officer, now = admitted.officer, self._clock.now()
        assurance = ASSURANCE_SECOND_FACTOR if officer.has_second_factor else ASSURANCE_PASSWORD
        session = Session(
            session_id=uuid7(),
            officer_id=officer.officer_id,
            unit_id=admitted.unit_id,
            client_id=client.client_id,
            address=request.address,
            assurance=assurance,
            epoch=officer.session_epoch,
            started_at=now,
            last_active_at=now,
        )
        await self._log.append(self._draft(RecordKind.SIGN_IN_SUCCEEDED, client, officer, request, session))
        return await self._sessions.begin(session, bound_certificate(client, request))

    async def _refuse(
        self, officer: Officer | None, charge: Charge, client: Client, request: Request
    ) -> None:
        if charge.locks_account:
            # For a name nobody bears too: the lock must not take longer where there is somebody.
            await self._credentials.end_sessions(officer.officer_id if officer else _NOBODY)
        await self._log.append(self._draft(RecordKind.SIGN_IN_FAILED, client, officer, request, None))
        if charge.locks_account:
            await self._log.append(self._draft(RecordKind.ACCOUNT_LOCKED, client, officer, request, None))
        if charge.locks_address:
            await self._log.append(self._draft(RecordKind.ADDRESS_LOCKED, client, None, request, None))

    def _draft(
        self,
        kind: RecordKind,
        client: Client,
        officer: Officer | None,
        request: Request,
        session: Session | None,
    ) -> Draft:
        facts: dict[str, Value] = {
            "client_id": client.client_id,
            "address": request.address,
            "assurance": session.assurance if session else ASSURANCE_PASSWORD,
            "request_id": request.request_id,
        }
        if session is not None:
            facts["session_id"] = str(session.session_id)
        # A name nobody bears is not written down: it may be a password typed into the wrong box.
        if officer is not None:
            facts["officer_id"] = str(officer.officer_id)
            facts["role"] = officer.role.value
            if officer.unit_id is not None:
                facts["unit_id"] = str(officer.unit_id)
        return Draft(kind, self._clock.now(), facts)


def _able(officer: Officer | None, now: datetime) -> _Admitted | None:
    """Return the officer where their account may sign in."""
    if officer is None or officer.unit_id is None or not officer.is_active:
        return None
    if officer.first_password_until is not None and officer.first_password_until <= now:
        return None
    return _Admitted(officer, officer.unit_id)


def login_name_of(typed: str) -> str:
    """Return the login name as stored: without surrounding space, lower case."""
    return unicodedata.normalize("NFC", typed).strip().lower()
