"""Sign-in without a password here: client software vouches for an officer it has signed in (RFC 7523)."""

from datetime import timedelta
from typing import Final

from uuid_utils.compat import uuid7

from app.accounts.access_rules import ASSURANCE_ASSERTED
from app.accounts.assertions import (
    Assertion,
    AssertionFault,
    AssertionRefusedError,
    SignInClaims,
    read_sign_in,
)
from app.accounts.client_check import bound_certificate
from app.accounts.client_desk import ClientDesk
from app.accounts.clients import Client
from app.accounts.request import Request
from app.accounts.session_desk import IssuedTokens, SessionDesk
from app.accounts.sessions import Session
from app.accounts.sign_in import SignInError, SignInFault, login_name_of
from app.accounts.store import Accounts
from app.accounts.trouble import database_trouble
from app.accounts.values import Officer, Permission
from app.audit.log import AuditLog
from app.audit.record import Draft, RecordKind, Value
from app.clock import Clock
from app.database.live import LiveView
from app.units.store import UnitRegister

_MAX_LOGIN_NAME: Final = 64


class AssertedSignInDesk:
    """Turns officer assertions into sessions."""

    def __init__(
        self,
        accounts: LiveView[Accounts],
        units: LiveView[UnitRegister],
        clients: ClientDesk,
        sessions: SessionDesk,
        longest: timedelta,
        log: AuditLog,
        clock: Clock,
    ) -> None:
        """Begin sessions that end *longest* after the officer signed in at the client software."""
        self._accounts = accounts
        self._units = units
        self._clients = clients
        self._sessions = sessions
        self._longest = longest
        self._log = log
        self._clock = clock

    async def sign_in(self, client: Client, token: str, request: Request) -> IssuedTokens:
        """Return tokens for the officer *client* vouches for, once the sign-in is on record.

        A lock against guessing passwords does not stop it: there is nothing to guess. Whatever is wrong
        gets the same answer, and its reason on record. Raises SignInError and AuditUnavailableError.
        """
        officer: Officer | None = None
        try:
            assertion = self._clients.read(client, token)
            officer = self._accounts.current.officers_by_login.get(_login_name(assertion))
            signed_in = read_sign_in(assertion.claims, self._clock.now(), self._longest)
            await self._clients.use(client, assertion)
            session = self._session(client, officer, signed_in, request)
        except AssertionRefusedError as error:
            facts = self._facts(client, officer, request) | {"reason": error.fault.value}
            with database_trouble():
                await self._log.append(Draft(RecordKind.SIGN_IN_FAILED, self._clock.now(), facts))
            raise SignInError(SignInFault.INVALID_GRANT) from None
        facts = self._facts(client, officer, request)
        facts |= {"session_id": str(session.session_id), "amr": signed_in.methods}
        with database_trouble():
            await self._log.append(Draft(RecordKind.SIGN_IN_SUCCEEDED, self._clock.now(), facts))
            return await self._sessions.begin(session, bound_certificate(client, request))

    def _session(
        self, client: Client, officer: Officer | None, signed_in: SignInClaims, request: Request
    ) -> Session:
        """Return a session that counts from when the officer signed in at the client software."""
        if officer is None or officer.unit_id is None or not _may_be_asserted(officer):
            raise AssertionRefusedError(AssertionFault.OFFICER_NOT_ABLE)
        if not client.serves(officer.unit_id, self._units.current):
            raise AssertionRefusedError(AssertionFault.OFFICER_NOT_ABLE)
        return Session(
            session_id=uuid7(),
            officer_id=officer.officer_id,
            unit_id=officer.unit_id,
            client_id=client.client_id,
            address=request.address,
            assurance=ASSURANCE_ASSERTED,
            epoch=officer.session_epoch,
            started_at=signed_in.signed_in_at,
            last_active_at=self._clock.now(),
        )

    def _facts(self, client: Client, officer: Officer | None, request: Request) -> dict[str, Value]:
        facts: dict[str, Value] = {
            "client_id": client.client_id,
            "address": request.address,
            "assurance": ASSURANCE_ASSERTED,
            "request_id": request.request_id,
        }
        if officer is not None:
            facts |= {"officer_id": str(officer.officer_id), "role": officer.role.value}
            if officer.unit_id is not None:
                facts["unit_id"] = str(officer.unit_id)
        return facts


def _login_name(assertion: Assertion) -> str:
    return login_name_of(assertion.subject) if len(assertion.subject) <= _MAX_LOGIN_NAME else ""


def _may_be_asserted(officer: Officer) -> bool:
    """Whether software may vouch for this officer: never for who administers or audits."""
    return officer.is_active and officer.may(Permission.LOOK_UP) and not officer.is_privileged
