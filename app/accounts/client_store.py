"""Reading and writing client software, its credentials, and the assertions that were used."""

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_network
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from uuid_utils.compat import uuid7

from app.accounts.client_keys import RegisteredKey, stored_key
from app.accounts.client_table import CLIENT, CLIENT_CREDENTIAL, USED_ASSERTION
from app.accounts.clients import (
    KIND_GRANTS,
    Client,
    ClientCredential,
    ClientKind,
    CredentialKind,
    GrantType,
    Limits,
    secret_digest,
)
from app.accounts.values import Network

_ACTIVE: Final = "active"
_SUSPENDED: Final = "suspended"
_SECRET_BYTES: Final = 32
_MAX_SECRETS: Final = 2


class TooManySecretsError(Exception):
    """Two secrets are valid; one must end before there is a third."""


@dataclass(frozen=True, slots=True)
class NewClient:
    """What is registered of client software; `grants` None means the usual one of its kind."""

    client_id: str
    name: str
    networks: Sequence[str]
    kind: ClientKind = ClientKind.SERVICE
    grants: frozenset[GrantType] | None = None
    unit_id: UUID | None = None
    procedures: frozenset[str] | None = None
    expires_at: datetime | None = None

    def chosen_grants(self) -> frozenset[GrantType]:
        """Return the grants to switch on: by default what its kind begins with."""
        usual = GrantType.PASSWORD if self.kind is ClientKind.SERVICE else GrantType.CLIENT_CREDENTIALS
        return frozenset({usual}) if self.grants is None else self.grants

    def is_consistent(self) -> bool:
        """Whether its kind may have these grants and procedures."""
        keeps_kinds_apart = self.chosen_grants() <= KIND_GRANTS[self.kind]
        return keeps_kinds_apart and (self.procedures is None or self.kind is ClientKind.SERVICE)


async def load_clients(connection: AsyncConnection) -> dict[str, Client]:
    """Return every client with the credentials nobody has ended."""
    credentials: dict[str, list[ClientCredential]] = {}
    for row in await connection.execute(
        select(CLIENT_CREDENTIAL)
        .where(CLIENT_CREDENTIAL.c.ended_at.is_(None))
        .order_by(CLIENT_CREDENTIAL.c.created_at, CLIENT_CREDENTIAL.c.credential_id)
    ):
        credentials.setdefault(row.client_id, []).append(_credential(row))
    return {
        row.client_id: _client(row, tuple(credentials.get(row.client_id, ())))
        for row in await connection.execute(select(CLIENT).order_by(CLIENT.c.client_id))
    }


async def register_client(connection: AsyncConnection, new: NewClient) -> None:
    """Register client software, which has no credential yet.

    Raises ValueError where a network is not written as an address block.
    """
    await connection.execute(
        insert(CLIENT).values(
            client_id=new.client_id,
            name=new.name,
            kind=new.kind.value,
            status=_ACTIVE,
            grants=sorted(grant.value for grant in new.chosen_grants()),
            networks=[str(ip_network(network)) for network in new.networks],
            unit_id=new.unit_id,
            procedures=None if new.procedures is None else sorted(new.procedures),
            expires_at=new.expires_at,
        )
    )


async def add_client(
    connection: AsyncConnection, *, client_id: str, name: str, networks: Sequence[str], now: datetime
) -> str:
    """Register service software with the usual grant and return its secret; ValueError as above."""
    await register_client(connection, NewClient(client_id, name, networks))
    return await add_secret(connection, client_id, now)


async def set_client_active(connection: AsyncConnection, client_id: str, *, is_active: bool) -> bool:
    """Suspend client software or lift the suspension; return whether it is registered."""
    status = _ACTIVE if is_active else _SUSPENDED
    result = await connection.execute(
        update(CLIENT).where(CLIENT.c.client_id == client_id).values(status=status)
    )
    return result.rowcount == 1


async def set_limits(connection: AsyncConnection, client_id: str, limits: Limits) -> None:
    """Let these limits be the client's; ValueError where a network is not written as an address block."""
    await connection.execute(
        update(CLIENT)
        .where(CLIENT.c.client_id == client_id)
        .values(
            networks=[str(ip_network(network)) for network in limits.networks],
            grants=sorted(grant.value for grant in limits.grants),
            procedures=None if limits.procedures is None else sorted(limits.procedures),
            expires_at=limits.expires_at,
        )
    )


async def is_registered(connection: AsyncConnection, client_id: str) -> bool:
    """Return whether there is such a client; it is held until the transaction ends."""
    query = select(CLIENT.c.client_id).where(CLIENT.c.client_id == client_id).with_for_update()
    return (await connection.execute(query)).first() is not None


async def add_secret(connection: AsyncConnection, client_id: str, now: datetime) -> str:
    """Return a new secret of 256 random bits, which is shown once and stored only as SHA-256."""
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    await _add(connection, client_id, now, kind=CredentialKind.SECRET, digest=secret_digest(secret))
    return secret


async def rotate_secret(
    connection: AsyncConnection, client_id: str, now: datetime, overlap: timedelta | None
) -> str:
    """Return a new secret; the old one ends after *overlap*, without one at once.

    The client's row must be held (`is_registered`). Raises TooManySecretsError where two are valid and
    none is to end at once: nobody would know which of them is still in use.
    """
    table = CLIENT_CREDENTIAL.c
    old = (
        (table.client_id == client_id)
        & (table.kind == CredentialKind.SECRET.value)
        & table.ended_at.is_(None)
        & or_(table.expires_at.is_(None), table.expires_at > now)
    )
    if overlap is None:
        await connection.execute(update(CLIENT_CREDENTIAL).where(old).values(ended_at=now))
        return await add_secret(connection, client_id, now)
    valid = (await connection.execute(select(table.credential_id).where(old))).scalars().all()
    if len(valid) >= _MAX_SECRETS:
        raise TooManySecretsError
    ends_sooner = or_(table.expires_at.is_(None), table.expires_at > now + overlap)
    await connection.execute(
        update(CLIENT_CREDENTIAL).where(old & ends_sooner).values(expires_at=now + overlap)
    )
    return await add_secret(connection, client_id, now)


async def add_key(
    connection: AsyncConnection, client_id: str, key: RegisteredKey, now: datetime, until: datetime | None
) -> UUID:
    """Register a public key and return the credential's id."""
    return await _add(
        connection, client_id, now, kind=CredentialKind.KEY, digest=key.thumbprint, until=until, key=key
    )


async def add_certificate(
    connection: AsyncConnection, client_id: str, thumbprint: bytes, now: datetime, until: datetime
) -> UUID:
    """Register a certificate and return the credential's id; from now on the client must show one."""
    return await _add(
        connection, client_id, now, kind=CredentialKind.CERTIFICATE, digest=thumbprint, until=until
    )


async def end_credential(
    connection: AsyncConnection, client_id: str, credential_id: UUID, now: datetime
) -> CredentialKind | None:
    """End a credential at once and return its kind; None where the client has none such."""
    table = CLIENT_CREDENTIAL.c
    result = await connection.execute(
        update(CLIENT_CREDENTIAL)
        .where(table.client_id == client_id, table.credential_id == credential_id, table.ended_at.is_(None))
        .values(ended_at=now)
        .returning(table.kind)
    )
    kind = result.scalar_one_or_none()
    return CredentialKind(kind) if kind is not None else None


class AssertionStore:
    """Remembers which assertions were used, for all processes."""

    def __init__(self, engine: AsyncEngine) -> None:
        """Use *engine*."""
        self._engine = engine

    async def use(self, client_id: str, jti: str, expires_at: datetime) -> bool:
        """Use an assertion up; return whether this was its first use, of whichever sort."""
        digest = hashlib.sha256(f"{client_id}\0{jti}".encode()).digest()
        row = upsert(USED_ASSERTION).values(digest=digest, expires_at=expires_at)
        async with self._engine.begin() as connection:
            # Without a conflict target: naming one would need the right to read the digests.
            result = await connection.execute(row.on_conflict_do_nothing())
        return result.rowcount == 1


async def _add(
    connection: AsyncConnection,
    client_id: str,
    now: datetime,
    *,
    kind: CredentialKind,
    digest: bytes,
    until: datetime | None = None,
    key: RegisteredKey | None = None,
) -> UUID:
    credential_id = uuid7()
    await connection.execute(
        insert(CLIENT_CREDENTIAL).values(
            credential_id=credential_id,
            client_id=client_id,
            kind=kind.value,
            digest=digest,
            kid=key.kid if key else None,
            public_jwk=key.jwk if key else None,
            created_at=now,
            expires_at=until,
        )
    )
    return credential_id


def _client(row: Any, credentials: tuple[ClientCredential, ...]) -> Client:
    return Client(
        client_id=row.client_id,
        name=row.name,
        is_active=row.status == _ACTIVE,
        kind=ClientKind(row.kind),
        grants=frozenset(map(GrantType, row.grants)),
        networks=_networks(row.networks),
        credentials=credentials,
        unit_id=row.unit_id,
        procedures=None if row.procedures is None else frozenset(row.procedures),
        expires_at=row.expires_at,
    )


def _credential(row: Any) -> ClientCredential:
    is_key = row.kind == CredentialKind.KEY.value
    return ClientCredential(
        credential_id=row.credential_id,
        kind=CredentialKind(row.kind),
        digest=row.digest,
        created_at=row.created_at,
        expires_at=row.expires_at,
        key=stored_key(row.public_jwk, row.kid) if is_key else None,
    )


def _networks(written: Iterable[str]) -> tuple[Network, ...]:
    """Read address blocks; a client with one that is none may speak from nowhere, and harms nobody else."""
    try:
        return tuple(ip_network(network) for network in written)
    except ValueError:
        return ()
