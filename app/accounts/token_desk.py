"""The token endpoint's story: which client, which grant, which desk (RFC 6749 section 3.2)."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote_plus

from app.accounts.asserted_sign_in import AssertedSignInDesk
from app.accounts.client_check import bound_certificate
from app.accounts.client_desk import ASSERTION_TYPE, ClientAssertion, ClientDesk, ClientSecret, check_grant
from app.accounts.clients import Client, GrantType
from app.accounts.request import Request
from app.accounts.session_desk import IssuedTokens, RefreshRefusedError, SessionDesk
from app.accounts.sign_in import Credentials, SignInDesk, SignInError, SignInFault
from app.accounts.tokens import TokenMint
from app.accounts.trouble import database_trouble
from app.audit.log import AuditLog
from app.audit.record import Draft, RecordKind
from app.clock import Clock

PASSWORD_GRANT: Final = "password"  # noqa: S105 - the grant's name
REFRESH_GRANT: Final = "refresh_token"
CLIENT_GRANT: Final = "client_credentials"
ASSERTION_GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
GRANT_TYPES: Final = (PASSWORD_GRANT, REFRESH_GRANT, CLIENT_GRANT, ASSERTION_GRANT)

Form = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ClientToken:
    """A technical client's own token and for how many seconds it is valid; nothing refreshes it."""

    access_token: str = field(repr=False)
    expires_in: int


@dataclass(frozen=True, slots=True)
class TokenDesk:
    """Hands each grant to whoever gives it."""

    clients: ClientDesk
    passwords: SignInDesk
    assertions: AssertedSignInDesk
    sessions: SessionDesk
    mint: TokenMint
    log: AuditLog
    clock: Clock

    async def client(self, form: Form, authorization: str | None, request: Request) -> Client:
        """Return the client software behind a form; SignInError, AuditUnavailableError."""
        return await self.clients.authenticate(_proof(form, authorization), request)

    async def grant(
        self, form: Form, authorization: str | None, request: Request
    ) -> IssuedTokens | ClientToken:
        """Return tokens for the grant asked for; SignInError for any that is not given.

        Raises what the desks raise besides: TooManySignInsError, SignInBusyError, AuditUnavailableError.
        """
        client = await self.client(form, authorization, request)
        grant_type = _needed(form, "grant_type")
        if grant_type == PASSWORD_GRANT:
            check_grant(client, GrantType.PASSWORD)
            return await self.passwords.sign_in(client, _credentials(form), request)
        if grant_type == REFRESH_GRANT:
            check_grant(client, GrantType.PASSWORD, GrantType.JWT_BEARER)
            return await self._refresh(client, _needed(form, "refresh_token"), request)
        if grant_type == CLIENT_GRANT:
            check_grant(client, GrantType.CLIENT_CREDENTIALS)
            return await self._for_itself(client, request)
        if grant_type == ASSERTION_GRANT:
            check_grant(client, GrantType.JWT_BEARER)
            return await self.assertions.sign_in(client, _needed(form, "assertion"), request)
        raise SignInError(SignInFault.UNSUPPORTED_GRANT_TYPE)

    async def _refresh(self, client: Client, token: str, request: Request) -> IssuedTokens:
        try:
            with database_trouble():
                return await self.sessions.refresh(client, token, request)
        except RefreshRefusedError:
            raise SignInError(SignInFault.INVALID_GRANT) from None

    async def _for_itself(self, client: Client, request: Request) -> ClientToken:
        facts = {
            "client_id": client.client_id,
            "address": request.address,
            "request_id": request.request_id,
        }
        with database_trouble():
            await self.log.append(Draft(RecordKind.CLIENT_SIGNED_IN, self.clock.now(), facts))
        return ClientToken(*self.mint.issue_for_client(client.client_id, bound_certificate(client, request)))


def _needed(form: Form, name: str) -> str:
    if not form.get(name):
        raise SignInError(SignInFault.INVALID_REQUEST)
    return form[name]


def _credentials(form: Form) -> Credentials:
    return Credentials(_needed(form, "username"), _needed(form, "password"), form.get("otp") or None)


def _proof(form: Form, authorization: str | None) -> ClientSecret | ClientAssertion:
    """Return the one way in which a client proves itself; two are refused (RFC 6749 section 2.3)."""
    has_assertion = "client_assertion" in form or "client_assertion_type" in form
    if [authorization is not None, has_assertion, "client_secret" in form].count(True) > 1:
        raise SignInError(SignInFault.INVALID_REQUEST)
    if not has_assertion:
        return _basic(authorization, form)
    if _needed(form, "client_assertion_type") != ASSERTION_TYPE:
        raise SignInError(SignInFault.INVALID_CLIENT)
    return ClientAssertion(_needed(form, "client_assertion"), form.get("client_id"))


def _basic(authorization: str | None, form: Form) -> ClientSecret:
    """Return client id and secret, each form-encoded inside Basic (RFC 6749 section 2.3.1)."""
    scheme, _, encoded = (authorization or "").partition(" ")
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        decoded = ""
    written_id, colon, secret = decoded.partition(":")
    client_id = unquote_plus(written_id)
    if scheme.lower() != "basic" or not colon or form.get("client_id", client_id) != client_id:
        raise SignInError(SignInFault.INVALID_CLIENT)
    return ClientSecret(client_id, unquote_plus(secret))
