"""What software that calls like LGSP or VDXP proves itself with; the department makes it, on record."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from app.accounts.clients import secret_digest
from app.accounts.compatible_table import COMPATIBLE_CREDENTIAL
from app.audit.sealing import RootKey, SealBrokenError

_SECRET_BYTES: Final = 32
_NAME_BYTES: Final = 9


class CompatibleProfile(StrEnum):
    """How the software proves itself: by what it sends (LGSP), or by a hash over it (VDXP)."""

    LGSP = "lgsp"
    VDXP = "vdxp"


@dataclass(frozen=True, slots=True)
class CompatiblePolicy:
    """What stands in where old calls say nothing; None means that such a call is refused.

    `repeats_request_ids`: its MaYeuCau are known to come again with other questions, so each counts
    together with its question only.
    """

    procedure_code: str | None = None
    no_dossier_reason: str | None = None
    repeats_request_ids: bool = False


@dataclass(frozen=True, slots=True)
class CompatibleCredential:
    """One credential nobody has ended; `name` is the AccessKey or the VDXP user."""

    credential_id: UUID
    client_id: str
    profile: CompatibleProfile
    name: str
    policy: CompatiblePolicy
    signed_addresses: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    digest: bytes | None = field(default=None, repr=False)
    wrapped_secret: bytes | None = field(default=None, repr=False)

    def is_valid(self, now: datetime) -> bool:
        """Whether it counts at *now*."""
        return self.expires_at is None or now < self.expires_at

    def secret(self, root: RootKey) -> str | None:
        """Return the secret of a VDXP user; None where *root* does not open it, or it is none of those."""
        if self.wrapped_secret is None:
            return None
        try:
            return root.unwrap(compatible_secret_name(self.credential_id), self.wrapped_secret).decode()
        except SealBrokenError:
            return None


@dataclass(frozen=True, slots=True)
class NewCompatible:
    """What the department decides of a credential; without `name` one is made up."""

    profile: CompatibleProfile
    name: str | None = None
    policy: CompatiblePolicy = CompatiblePolicy()
    signed_addresses: Sequence[str] = ()
    expires_at: datetime | None = None


def compatible_secret_name(credential_id: UUID) -> str:
    """Return the name a VDXP user's secret is wrapped under."""
    return f"compatible credential {credential_id}"


async def load_compatible(
    connection: AsyncConnection, client_id: str | None = None
) -> list[CompatibleCredential]:
    """Return every credential that nobody has ended, or one client's, oldest first."""
    table = COMPATIBLE_CREDENTIAL.c
    query = select(COMPATIBLE_CREDENTIAL).where(table.ended_at.is_(None))
    if client_id is not None:
        query = query.where(table.client_id == client_id)
    rows = await connection.execute(query.order_by(table.created_at, table.credential_id))
    return [_credential(row) for row in rows]


async def add_compatible(
    connection: AsyncConnection, root: RootKey, client_id: str, new: NewCompatible, now: datetime
) -> tuple[CompatibleCredential, str]:
    """Register a credential with a new secret of 256 random bits, and return both.

    Of LGSP only the secret's SHA-256 is stored; VDXP hashes with it, so it is wrapped under *root*.
    """
    credential_id, secret = uuid7(), secrets.token_urlsafe(_SECRET_BYTES)
    is_lgsp = new.profile is CompatibleProfile.LGSP
    credential = CompatibleCredential(
        credential_id=credential_id,
        client_id=client_id,
        profile=new.profile,
        name=new.name or f"{new.profile.value.upper()}-{secrets.token_hex(_NAME_BYTES)}",
        policy=new.policy,
        signed_addresses=tuple(new.signed_addresses),
        created_at=now,
        expires_at=new.expires_at,
        digest=secret_digest(secret) if is_lgsp else None,
        wrapped_secret=None if is_lgsp else root.wrap(compatible_secret_name(credential_id), secret.encode()),
    )
    await connection.execute(insert(COMPATIBLE_CREDENTIAL).values(_values(credential)))
    return credential, secret


async def is_name_taken(connection: AsyncConnection, name: str) -> bool:
    """Return whether a credential that nobody has ended bears this name."""
    table = COMPATIBLE_CREDENTIAL.c
    query = select(table.credential_id).where(table.name == name, table.ended_at.is_(None))
    return (await connection.execute(query)).first() is not None


async def end_compatible(
    connection: AsyncConnection, client_id: str, credential_id: UUID, now: datetime
) -> bool:
    """End a credential at once; return whether the client has such a one."""
    table = COMPATIBLE_CREDENTIAL.c
    ended = await connection.execute(
        update(COMPATIBLE_CREDENTIAL)
        .where(table.client_id == client_id, table.credential_id == credential_id, table.ended_at.is_(None))
        .values(ended_at=now)
    )
    return ended.rowcount == 1


def compatible_described(credential: CompatibleCredential) -> str:
    """Return a credential in one line, as records say it; nothing of its secret."""
    policy = credential.policy
    return ", ".join(
        (
            f"{credential.credential_id} {credential.profile.value} {credential.name}",
            f"without MaDVC {policy.procedure_code or 'refused'}",
            f"without dossier {policy.no_dossier_reason or 'refused'}",
            "MaYeuCau may come again" if policy.repeats_request_ids else "MaYeuCau once",
        )
    )


def _values(credential: CompatibleCredential) -> dict[str, object]:
    return {
        "credential_id": credential.credential_id,
        "client_id": credential.client_id,
        "profile": credential.profile.value,
        "name": credential.name,
        "digest": credential.digest,
        "wrapped_secret": credential.wrapped_secret,
        "signed_addresses": list(credential.signed_addresses),
        "procedure_code": credential.policy.procedure_code,
        "no_dossier_reason": credential.policy.no_dossier_reason,
        "repeats_request_ids": credential.policy.repeats_request_ids,
        "created_at": credential.created_at,
        "expires_at": credential.expires_at,
    }


def _credential(row: Any) -> CompatibleCredential:
    return CompatibleCredential(
        credential_id=row.credential_id,
        client_id=row.client_id,
        profile=CompatibleProfile(row.profile),
        name=row.name,
        policy=CompatiblePolicy(row.procedure_code, row.no_dossier_reason, row.repeats_request_ids),
        signed_addresses=tuple(row.signed_addresses),
        created_at=row.created_at,
        expires_at=row.expires_at,
        digest=row.digest,
        wrapped_secret=row.wrapped_secret,
    )
