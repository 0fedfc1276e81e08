"""Month keys in the database: made ahead by an operator, half of each readable where records are written."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final, Protocol

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.audit.sealing import KEY_BYTES, MonthKey, MonthSecret, RootKey
from app.audit.table import AUDIT_MONTH_KEY, AUDIT_MONTH_SECRET

_LAST_MONTH: Final = 12


def month_of(instant: datetime) -> str:
    """Return the UTC month of *instant* as `yyyy-mm`."""
    return instant.astimezone(UTC).strftime("%Y-%m")


def months_from(first: date, count: int) -> list[str]:
    """Return *count* months beginning with that of *first*."""
    start = first.year * _LAST_MONTH + first.month - 1
    return [f"{at // _LAST_MONTH:04d}-{at % _LAST_MONTH + 1:02d}" for at in range(start, start + count)]


class RowConnection(Protocol):
    """The little of asyncpg's connection that reading a month key needs."""

    async def fetchrow(self, query: str, *args: object) -> "dict[str, bytes] | None":
        """Return the first row or None."""
        ...


@dataclass(frozen=True, slots=True)
class Keyring:
    """Reads the month keys that writing needs, with the serving root key."""

    root: RootKey

    async def load(self, connection: RowConnection, month: str) -> MonthKey | None:
        """Return the key of *month*, or None where nobody made one.

        Raises SealBrokenError for another root key, and for a public key that is not the one it vouched for.
        """
        row = await connection.fetchrow(
            "select key_id, public_key, serving_index_key from audit_month_key where month = $1", month
        )
        if row is None:
            return None
        key_id, public_key = str(row["key_id"]), row["public_key"]
        index_key = self.root.unwrap(_serving_name(key_id, public_key), row["serving_index_key"])
        return MonthKey(key_id, month, X25519PublicKey.from_public_bytes(public_key), index_key)


@dataclass(frozen=True, slots=True)
class MonthKeyMaker:
    """Makes month keys; needs both root keys, so it runs where an operator runs it."""

    authority_code: str
    serving_root: RootKey
    auditing_root: RootKey

    async def make(self, connection: AsyncConnection, months: Iterable[str]) -> list[str]:
        """Make the keys of those *months* that have none yet; return the months made."""
        result = await connection.execute(select(AUDIT_MONTH_KEY.c.month))
        present = set(result.scalars())
        missing = [month for month in months if month not in present]
        for month in missing:
            await self._make_one(connection, month)
        return missing

    async def _make_one(self, connection: AsyncConnection, month: str) -> None:
        key_id = f"{self.authority_code}/{month}"
        private_key, index_key = X25519PrivateKey.generate(), secrets.token_bytes(KEY_BYTES)
        public_key = private_key.public_key().public_bytes_raw()
        await connection.execute(
            insert(AUDIT_MONTH_KEY).values(
                month=month,
                key_id=key_id,
                public_key=public_key,
                serving_index_key=self.serving_root.wrap(_serving_name(key_id, public_key), index_key),
            )
        )
        await connection.execute(
            insert(AUDIT_MONTH_SECRET).values(
                key_id=key_id,
                private_key=self.auditing_root.wrap(_private_name(key_id), private_key.private_bytes_raw()),
                auditing_index_key=self.auditing_root.wrap(_index_name(key_id), index_key),
            )
        )


async def load_month_secrets(
    connection: AsyncConnection, root: RootKey, months: Iterable[str]
) -> list[MonthSecret]:
    """Return what auditing holds of those *months* that have keys; SealBrokenError for another root key."""
    result = await connection.execute(
        select(AUDIT_MONTH_SECRET)
        .join(AUDIT_MONTH_KEY, AUDIT_MONTH_KEY.c.key_id == AUDIT_MONTH_SECRET.c.key_id)
        .where(AUDIT_MONTH_KEY.c.month.in_(list(months)))
        .order_by(AUDIT_MONTH_KEY.c.month)
    )
    return [
        MonthSecret(
            row.key_id,
            X25519PrivateKey.from_private_bytes(root.unwrap(_private_name(row.key_id), row.private_key)),
            root.unwrap(_index_name(row.key_id), row.auditing_index_key),
        )
        for row in result
    ]


def _serving_name(key_id: str, public_key: bytes) -> str:
    # Names the public key too: whoever can change the database must not put one there that they can open.
    return f"{_index_name(key_id)} with {public_key.hex()}"


def _index_name(key_id: str) -> str:
    return f"month index key {key_id}"


def _private_name(key_id: str) -> str:
    return f"month private key {key_id}"
