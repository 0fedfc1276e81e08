"""Sign-in: a client software vouched for by its secret, an officer by their password, both or nothing."""

import hmac
import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from uuid import UUID

from uuid_utils.compat import uuid7

from app.accounts.authentication import ASSURANCE_PASSWORD, Request, is_within
from app.accounts.passwords import MAX_PASSWORD_LENGTH, PasswordVault
from app.accounts.store import Accounts, secret_digest
from app.accounts.tokens import TokenMint
from app.accounts.values import Client, Officer
from app.audit.log import AuditLog
from app.audit.record import Draft, RecordKind, Value
from app.clock import Clock
from app.database.live import LiveView

_NO_SECRET: Final = bytes(32)


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
    """What arrives at the token endpoint."""

    client_id: str
    client_secret: str = field(repr=False)
    username: str = field(repr=False)
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """An access token and for how many seconds it is valid."""

    access_token: str = field(repr=False)
    expires_in: int
    session_id: UUID


class SignInDesk:
    """Turns credentials into tokens."""

    def __init__(
        self, accounts: LiveView[Accounts], vault: PasswordVault, mint: TokenMint, log: AuditLog, clock: Clock
    ) -> None:
        """Check against *accounts*, record every officer's try in *log*."""
        self._accounts = accounts
        self._vault = vault
        self._mint = mint
        self._log = log
        self._clock = clock

    async def sign_in(self, credentials: Credentials, request: Request) -> IssuedToken:
        """Return a token for the officer, once their sign-in is on record.

        An unknown name, a wrong password and a suspended account cost the same time and get the same
        answer. Raises SignInError, SignInBusyError and AuditUnavailableError.
        """
        accounts = self._accounts.current
        client = _verified_client(accounts, credentials, request)
        officer = accounts.officers_by_login.get(login_name_of(credentials.username))
        is_right = len(credentials.password) <= MAX_PASSWORD_LENGTH and await self._vault.matches(
            officer.password_hash if officer else None, credentials.password
        )
        session_id = uuid7()
        if officer is None or officer.unit_id is None or not is_right or not officer.is_active:
            await self._record(RecordKind.SIGN_IN_FAILED, client, officer, session_id, request)
            raise SignInError(SignInFault.INVALID_GRANT)
        await self._record(RecordKind.SIGN_IN_SUCCEEDED, client, officer, session_id, request)
        token = self._mint.issue(officer.officer_id, officer.unit_id, client.client_id, session_id)
        return IssuedToken(token, self._mint.lifetime_seconds, session_id)

    async def _record(
        self, kind: RecordKind, client: Client, officer: Officer | None, session_id: UUID, request: Request
    ) -> None:
        facts: dict[str, Value] = {
            "client_id": client.client_id,
            "session_id": str(session_id),
            "address": request.address,
            "assurance": ASSURANCE_PASSWORD,
            "request_id": request.request_id,
        }
        # A name nobody bears is not written down: it may be a password typed into the wrong box.
        if officer is not None:
            facts["officer_id"] = str(officer.officer_id)
            facts["role"] = officer.role.value
            if officer.unit_id is not None:
                facts["unit_id"] = str(officer.unit_id)
        await self._log.append(Draft(kind, self._clock.now(), facts))


def login_name_of(typed: str) -> str:
    """Return the login name as stored: without surrounding space, lower case."""
    return unicodedata.normalize("NFC", typed).strip().lower()


def _verified_client(accounts: Accounts, credentials: Credentials, request: Request) -> Client:
    client = accounts.clients.get(credentials.client_id)
    expected = client.secret_digest if client else _NO_SECRET
    is_right = hmac.compare_digest(secret_digest(credentials.client_secret), expected)
    if client is None or not is_right or not client.is_active:
        raise SignInError(SignInFault.INVALID_CLIENT)
    if not client.may_use_passwords or not is_within(request.address, client.networks):
        raise SignInError(SignInFault.UNAUTHORIZED_CLIENT)
    return client
