"""An officer's lookup-only keys: by them software that knows no sign-in says who its officer is."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from app.accounts.clients import secret_digest
from app.accounts.compatible_table import LOOKUP_KEY
from app.accounts.values import Officer

ASSURANCE_LOOKUP_KEY: Final = "lookup_key"
"""The officer's software showed a key that the officer had made for it: no sign-in, no second factor."""
_NAME_BYTES: Final = 6
_SECRET_BYTES: Final = 32
_EXPIRED_KNOWN: Final = timedelta(days=30)  # so that whoever comes with one is told what it lacks
_NOBODYS: Final = secret_digest("")
_AT_A_STRETCH: Final = 250


@dataclass(frozen=True, slots=True)
class LookupKey:
    """One key that nobody has withdrawn; good with one client software and in one unit only."""

    key_id: UUID
    officer_id: UUID
    unit_id: UUID
    client_id: str
    name: str
    digest: bytes = field(repr=False)
    created_at: datetime
    expires_at: datetime

    def is_opened_by(self, secret: str) -> bool:
        """Whether this is the key's secret."""
        return hmac.compare_digest(self.digest, secret_digest(secret))

    def goes_with(self, officer: Officer) -> bool:
        """Whether the officer is still in the unit it was made in, with the password it was made under.

        A key made under a stolen password must not outlive it.
        """
        changed = officer.password_changed_at
        return officer.unit_id == self.unit_id and (changed is None or changed <= self.created_at)


@dataclass(frozen=True, slots=True)
class NewLookupKey:
    """A key as its officer is shown it, once."""

    key: LookupKey
    secret: str = field(repr=False)

    @property
    def pair(self) -> str:
        """Name and secret, as software can put them where it sends the officer's code (MaCanBo)."""
        return f"{self.key.name}:{self.secret}"

    @property
    def auth_hash(self) -> str:
        """The value of the header `AuthHash`, which is no hash despite its name."""
        return base64.b64encode(self.pair.encode()).decode("ascii")


def opening(keys: Mapping[str, LookupKey], name: str, secret: str) -> LookupKey | None:
    """Return the key of this name that this secret opens; a name nobody has costs the same time."""
    key = keys.get(name)
    if key is None:
        hmac.compare_digest(_NOBODYS, secret_digest(secret))
        return None
    return key if key.is_opened_by(secret) else None


async def load_lookup_keys(connection: AsyncConnection) -> dict[str, LookupKey]:
    """Return by name every key that nobody has withdrawn, those that ran out lately included."""
    table = LOOKUP_KEY.c
    known = select(LOOKUP_KEY).where(table.ended_at.is_(None), table.expires_at > func.now() - _EXPIRED_KNOWN)
    keys: dict[str, LookupKey] = {}
    rows = await connection.stream(known.execution_options(yield_per=_AT_A_STRETCH))
    async for part in rows.partitions():
        keys |= {row.name: _key(row) for row in part}
    return keys


async def keys_of(connection: AsyncConnection, officer_id: UUID) -> list[LookupKey]:
    """Return the officer's keys that nobody has withdrawn, newest first."""
    table = LOOKUP_KEY.c
    own = select(LOOKUP_KEY).where(table.officer_id == officer_id, table.ended_at.is_(None))
    rows = await connection.execute(own.order_by(table.created_at.desc(), table.key_id.desc()))
    return [_key(row) for row in rows]


async def add_lookup_key(
    connection: AsyncConnection,
    *,
    officer_id: UUID,
    unit_id: UUID,
    client_id: str,
    now: datetime,
    until: datetime,
) -> NewLookupKey:
    """Make a key of 256 random bits; of the secret only its SHA-256 is stored."""
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    name = "tk" + base64.b32encode(secrets.token_bytes(_NAME_BYTES)).decode().rstrip("=").lower()
    key = LookupKey(uuid7(), officer_id, unit_id, client_id, name, secret_digest(secret), now, until)
    await connection.execute(
        insert(LOOKUP_KEY).values(
            key_id=key.key_id,
            officer_id=officer_id,
            unit_id=unit_id,
            client_id=client_id,
            name=name,
            digest=key.digest,
            created_at=now,
            expires_at=until,
        )
    )
    return NewLookupKey(key, secret)


async def end_lookup_key(
    connection: AsyncConnection, officer_id: UUID, key_id: UUID, now: datetime
) -> str | None:
    """Withdraw a key at once and return its client's id; None where the officer has none such."""
    table = LOOKUP_KEY.c
    ended = (
        update(LOOKUP_KEY)
        .where(table.officer_id == officer_id, table.key_id == key_id, table.ended_at.is_(None))
        .values(ended_at=now)
        .returning(table.client_id)
    )
    client_id: str | None = (await connection.execute(ended)).scalar_one_or_none()
    return client_id


def key_name_digest(name: str) -> str:
    """Return what a key's name is counted under where wrong tries are: names may be typed secrets."""
    return "lookup key " + hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()


def _key(row: Any) -> LookupKey:
    return LookupKey(
        row.key_id,
        row.officer_id,
        row.unit_id,
        row.client_id,
        row.name,
        row.digest,
        row.created_at,
        row.expires_at,
    )
