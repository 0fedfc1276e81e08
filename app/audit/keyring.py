"""Month keys in the database: made ahead by an operator, half of each readable where records are written."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final, Protocol

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.audit.key_names import index_key_name, private_key_name
from app.audit.sealing import KEY_BYTES, MonthKey, MonthSecret, RootKey, SealBrokenError
from app.audit.table import AUDIT_MONTH_KEY, AUDIT_MONTH_SECRET
from app.audit.writer_keys import WriterKey, load_writer_key

_LAST_MONTH: Final = 12
_BEGINS_EARLY: Final = timedelta(days=1)  # a gateway's clock may run ahead, by far less than this


def month_of(instant: datetime) -> str:
    """Return the UTC month of *instant* as `yyyy-mm`."""
    in_utc = instant if instant.tzinfo is UTC else instant.astimezone(UTC)
    return f"{in_utc.year:04d}-{in_utc.month:02d}"


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
    """Reads the keys that writing needs, with the serving root key."""

    root: RootKey

    async def load(self, connection: RowConnection, month: str) -> MonthKey | None:
        """Return the key of *month*, or None where nobody made one or it was destroyed.

        Raises SealBrokenError for another root key, for a public key that is not the one it vouched for, and
        for another month's.
        """
        row = await connection.fetchrow(
            "select key_id, public_key, serving_index_key from audit_month_key where month = $1", month
        )
        if row is None or row["serving_index_key"] is None:
            return None
        key_id, public_key = str(row["key_id"]), row["public_key"]
        if key_id.rpartition("/")[2] != month:
            # Whoever has one month's private key and the database must not have others sealed to it.
            raise SealBrokenError("this is another month's key")
        index_key = self.root.unwrap(serving_name(key_id, public_key), row["serving_index_key"])
        return MonthKey(key_id, month, X25519PublicKey.from_public_bytes(public_key), index_key)

    async def load_writer_key(
        self, connection: RowConnection, known: WriterKey | None = None
    ) -> WriterKey | None:
        """Return the key that signs batches now, *known* where it still is that; None where there is none.

        Raises SealBrokenError for another root key.
        """
        return await load_writer_key(connection, self.root, known)


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

    async def replace(self, connection: AsyncConnection, now: datetime) -> list[str]:
        """Make the keys of months that no gateway can have begun anew; return those months.

        Nothing was sealed to the former keys, so nothing is lost with them.
        """
        begun = month_of(now + _BEGINS_EARLY)
        coming = select(AUDIT_MONTH_KEY.c.month, AUDIT_MONTH_KEY.c.key_id).where(
            AUDIT_MONTH_KEY.c.month > begun
        )
        rows = (await connection.execute(coming.order_by(AUDIT_MONTH_KEY.c.month))).all()
        for month, key_id in rows:
            await connection.execute(delete(AUDIT_MONTH_SECRET).where(AUDIT_MONTH_SECRET.c.key_id == key_id))
            await connection.execute(delete(AUDIT_MONTH_KEY).where(AUDIT_MONTH_KEY.c.key_id == key_id))
            await self._make_one(connection, month)
        return [month for month, _ in rows]

    async def rebuild(self, connection: AsyncConnection) -> list[str]:
        """Wrap serving's half of each month anew, from auditing's: for a serving root key that was lost.

        Returns the months. Raises SealBrokenError for another auditing root key, and where a month's public
        key is not the one that auditing opens.
        """
        months = select(
            AUDIT_MONTH_KEY, AUDIT_MONTH_SECRET.c.private_key, AUDIT_MONTH_SECRET.c.auditing_index_key
        )
        joined = months.join(AUDIT_MONTH_SECRET, AUDIT_MONTH_SECRET.c.key_id == AUDIT_MONTH_KEY.c.key_id)
        rows = (await connection.execute(joined.order_by(AUDIT_MONTH_KEY.c.month))).all()
        for row in rows:
            private = self.auditing_root.unwrap(private_key_name(row.key_id), row.private_key)
            public_key = X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()
            if public_key != row.public_key:
                raise SealBrokenError(f"the public key of {row.month} is not the one that auditing opens")
            index_key = self.auditing_root.unwrap(index_key_name(row.key_id), row.auditing_index_key)
            wrapped = self.serving_root.wrap(serving_name(row.key_id, public_key), index_key)
            of_month = update(AUDIT_MONTH_KEY).where(AUDIT_MONTH_KEY.c.key_id == row.key_id)
            await connection.execute(of_month.values(serving_index_key=wrapped))
        return [row.month for row in rows]

    async def _make_one(self, connection: AsyncConnection, month: str) -> None:
        key_id = f"{self.authority_code}/{month}"
        private_key, index_key = X25519PrivateKey.generate(), secrets.token_bytes(KEY_BYTES)
        public_key = private_key.public_key().public_bytes_raw()
        await connection.execute(
            insert(AUDIT_MONTH_KEY).values(
                month=month,
                key_id=key_id,
                public_key=public_key,
                serving_index_key=self.serving_root.wrap(serving_name(key_id, public_key), index_key),
            )
        )
        await connection.execute(
            insert(AUDIT_MONTH_SECRET).values(
                key_id=key_id,
                private_key=self.auditing_root.wrap(
                    private_key_name(key_id), private_key.private_bytes_raw()
                ),
                auditing_index_key=self.auditing_root.wrap(index_key_name(key_id), index_key),
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
            X25519PrivateKey.from_private_bytes(root.unwrap(private_key_name(row.key_id), row.private_key)),
            root.unwrap(index_key_name(row.key_id), row.auditing_index_key),
        )
        for row in result
    ]


def serving_name(key_id: str, public_key: bytes) -> str:
    """Return the name under which serving's copy of a month's index key is wrapped."""
    # Names the public key too: whoever can change the database must not put one there that they can open.
    return f"{index_key_name(key_id)} with {public_key.hex()}"
