"""Where client software proves what it is: by a secret, or by an assertion under a key of its own."""

import hmac
from dataclasses import dataclass, field
from typing import Final

from app.accounts.assertions import (
    Assertion,
    AssertionFault,
    AssertionRefusedError,
    claimed_issuer,
    read_assertion,
)
from app.accounts.client_check import is_within, shown_certificate
from app.accounts.client_store import AssertionStore
from app.accounts.clients import Client, CredentialKind, GrantType, secret_digest
from app.accounts.request import Request
from app.accounts.sign_in import SignInError, SignInFault
from app.accounts.store import Accounts
from app.accounts.trouble import database_trouble
from app.clock import Clock
from app.database.live import LiveView

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_NO_SECRET: Final = bytes(32)


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """A client id and secret, as they stand in HTTP Basic."""

    client_id: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ClientAssertion:
    """A `client_assertion` (RFC 7523 section 2.2), and the `client_id` where the form names one beside it."""

    token: str = field(repr=False)
    client_id: str | None = None


class ClientDesk:
    """Knows client software by its credentials, and uses its assertions up."""

    def __init__(
        self, accounts: LiveView[Accounts], assertions: AssertionStore, issuer: str, clock: Clock
    ) -> None:
        """Judge by the directory as it stands; assertions are made for *issuer*."""
        self._accounts = accounts
        self._assertions = assertions
        self._audiences = frozenset({issuer, f"{issuer}/v1/auth/token"})
        self._clock = clock

    async def authenticate(self, proof: ClientSecret | ClientAssertion, request: Request) -> Client:
        """Return the client software; SignInError for anything else, AuditUnavailableError.

        Suspended, run out, or without its certificate it is `invalid_client` like a stranger.
        """
        if isinstance(proof, ClientSecret):
            client = self._with_secret(proof)
            self._check(client, request)
            return client
        client, assertion = self._with_assertion(proof)
        self._check(client, request)
        try:
            await self.use(client, assertion)  # last: what is refused anyway costs the database nothing
        except AssertionRefusedError:
            raise SignInError(SignInFault.INVALID_CLIENT) from None
        return client

    def read(self, client: Client, token: str) -> Assertion:
        """Return what *client* has signed; AssertionRefusedError for anything else."""
        return read_assertion(token, client, self._audiences, self._clock.now())

    async def use(self, client: Client, assertion: Assertion) -> None:
        """Use an assertion up; AssertionRefusedError where it was, AuditUnavailableError."""
        with database_trouble():
            is_first = await self._assertions.use(client.client_id, assertion.jti, assertion.expires_at)
        if not is_first:
            raise AssertionRefusedError(AssertionFault.REPLAYED)

    def _with_secret(self, proof: ClientSecret) -> Client:
        client = self._accounts.current.clients.get(proof.client_id)
        valid = client.valid(CredentialKind.SECRET, self._clock.now()) if client else []
        digest = secret_digest(proof.secret)
        matches = [hmac.compare_digest(digest, one.digest) for one in valid]
        matches.append(hmac.compare_digest(digest, _NO_SECRET))
        if client is None or not any(matches[:-1]):
            raise SignInError(SignInFault.INVALID_CLIENT)
        return client

    def _with_assertion(self, proof: ClientAssertion) -> tuple[Client, Assertion]:
        issuer = claimed_issuer(proof.token)
        client = self._accounts.current.clients.get(issuer or "")
        if client is None or proof.client_id not in {None, client.client_id}:
            raise SignInError(SignInFault.INVALID_CLIENT)
        try:
            assertion = self.read(client, proof.token)
        except AssertionRefusedError:
            raise SignInError(SignInFault.INVALID_CLIENT) from None
        if assertion.subject != client.client_id:
            raise SignInError(SignInFault.INVALID_CLIENT)
        return client, assertion

    def _check(self, client: Client, request: Request) -> None:
        now = self._clock.now()
        if client.refusal(now) is not None:
            raise SignInError(SignInFault.INVALID_CLIENT)
        if client.needs_certificate and shown_certificate(client, request, now) is None:
            raise SignInError(SignInFault.INVALID_CLIENT)
        if not is_within(request.address, client.networks):
            raise SignInError(SignInFault.UNAUTHORIZED_CLIENT)


def check_grant(client: Client, *grants: GrantType) -> None:
    """Raise SignInError where none of *grants* is switched on for *client*."""
    if client.grants.isdisjoint(grants):
        raise SignInError(SignInFault.UNAUTHORIZED_CLIENT)
