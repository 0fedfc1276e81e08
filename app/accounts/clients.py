"""Client software as the gateway holds it in memory: what it is, may do, and proves itself with."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from app.accounts.client_keys import RegisteredKey
from app.accounts.values import Network
from app.errors import ProblemCode
from app.units.store import UnitRegister

WARNING: Final = timedelta(days=30)
"""How long before its end a client or a credential is named to whoever runs the gateway."""


class ClientKind(StrEnum):
    """Whom software speaks for: officers (dịch vụ), or only itself (kỹ thuật); never both (R20)."""

    SERVICE = "service"
    TECHNICAL = "technical"


class GrantType(StrEnum):
    """Ways to a token, switched on per client; refreshing comes with the first two."""

    PASSWORD = "password"  # noqa: S105 - the grant's name
    JWT_BEARER = "jwt_bearer"
    CLIENT_CREDENTIALS = "client_credentials"


KIND_GRANTS: Final = {
    ClientKind.SERVICE: frozenset({GrantType.PASSWORD, GrantType.JWT_BEARER}),
    ClientKind.TECHNICAL: frozenset({GrantType.CLIENT_CREDENTIALS}),
}
"""What each kind may have switched on; the database says the same."""


class CredentialKind(StrEnum):
    """What a client proves itself with; a certificate comes on top of a secret or a key."""

    SECRET = "secret"  # noqa: S105 - a kind's name
    KEY = "key"
    CERTIFICATE = "certificate"


@dataclass(frozen=True, slots=True)
class ClientCredential:
    """One credential that nobody has ended; `digest` is of the secret, key (RFC 7638) or certificate."""

    credential_id: UUID
    kind: CredentialKind
    digest: bytes = field(repr=False)
    created_at: datetime
    expires_at: datetime | None = None
    key: RegisteredKey | None = field(default=None, repr=False)

    def is_valid(self, now: datetime) -> bool:
        """Whether it counts at *now*."""
        return self.expires_at is None or now < self.expires_at


@dataclass(frozen=True, slots=True)
class Client:
    """One installation of client software.

    `networks` are the only addresses it may speak from (R106); `unit_id` None serves the whole province,
    `procedures` None every procedure.
    """

    client_id: str
    name: str
    is_active: bool
    kind: ClientKind
    grants: frozenset[GrantType]
    networks: tuple[Network, ...]
    credentials: tuple[ClientCredential, ...] = ()
    unit_id: UUID | None = None
    procedures: frozenset[str] | None = None
    expires_at: datetime | None = None

    def refusal(self, now: datetime) -> ProblemCode | None:
        """Return why the client may do nothing at all, or None."""
        if not self.is_active:
            return ProblemCode.CLIENT_SUSPENDED
        if self.expires_at is not None and self.expires_at <= now:
            return ProblemCode.CLIENT_EXPIRED
        return None

    def valid(self, kind: CredentialKind, now: datetime) -> list[ClientCredential]:
        """Return the credentials of *kind* that count at *now*."""
        return [one for one in self.credentials if one.kind is kind and one.is_valid(now)]

    @property
    def needs_certificate(self) -> bool:
        """Whether it must show a certificate; one that ran out does not lift that, only ending it does."""
        return any(one.kind is CredentialKind.CERTIFICATE for one in self.credentials)

    def serves(self, unit_id: UUID | None, units: UnitRegister) -> bool:
        """Whether it may speak for officers of this unit."""
        return self.unit_id is None or units.is_within(unit_id, self.unit_id)

    def may_use(self, procedure_code: str) -> bool:
        """Whether it may ask for this procedure."""
        return self.procedures is None or procedure_code in self.procedures


@dataclass(frozen=True, slots=True)
class Limits:
    """What a client may do and from where; networks as they are written, to be read when they are stored."""

    networks: tuple[str, ...]
    grants: frozenset[GrantType]
    procedures: frozenset[str] | None
    expires_at: datetime | None

    def suit(self, kind: ClientKind) -> bool:
        """Whether a client of this kind may have them."""
        return self.grants <= KIND_GRANTS[kind] and (self.procedures is None or kind is ClientKind.SERVICE)


@dataclass(frozen=True, slots=True)
class Ending:
    """A client (`credential` None) or one of its credentials that ends soon, or has ended."""

    client_id: str
    ends_at: datetime
    credential: ClientCredential | None = None


def endings(clients: Iterable[Client], now: datetime) -> list[Ending]:
    """Return what ends within 30 days, soonest first; of what has ended already only clients still active."""
    soon = [
        Ending(client.client_id, client.expires_at)
        for client in clients
        if client.is_active and client.expires_at is not None and client.expires_at <= now + WARNING
    ]
    soon += [
        Ending(client.client_id, credential.expires_at, credential)
        for client in clients
        if client.is_active
        for credential in client.credentials
        if credential.expires_at is not None and now < credential.expires_at <= now + WARNING
    ]
    return sorted(soon, key=lambda ending: (ending.ends_at, ending.client_id))


def secret_digest(secret: str) -> bytes:
    """Return what is stored of a machine's secret; 256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode()).digest()
