"""The key that signs batches: in the database, wrapped under the serving root key, one of them current."""

from dataclasses import dataclass, field
from typing import Final, Protocol, Self

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.audit.sealing import RootKey, SealBrokenError
from app.audit.table import AUDIT_WRITER_KEY
from app.audit.tree.checkpoint import NoteKey, log_origin

_CURRENT: Final = "select key_id, private_key from audit_writer_key where retired_at is null"


class RowConnection(Protocol):
    """The little of asyncpg's connection that reading a writer key needs."""

    async def fetchrow(self, query: str, *args: object) -> "dict[str, bytes] | None":
        """Return the first row or None."""
        ...


@dataclass(frozen=True, slots=True)
class WriterKey:
    """An Ed25519 key that signs batches; its id is its public key as C2SP verifiers are given it."""

    key_id: str
    private_key: Ed25519PrivateKey = field(repr=False)

    @classmethod
    def of(cls, authority_code: str, private_key: Ed25519PrivateKey) -> Self:
        """Return *private_key* under the name of the installation's writers."""
        name = f"{log_origin(authority_code)}/writer"
        return cls(NoteKey(name, private_key).verifier, private_key)

    @property
    def public_bytes(self) -> bytes:
        """The 32 bytes of the public key."""
        return self.private_key.public_key().public_bytes_raw()

    def sign(self, text: bytes) -> bytes:
        """Return the signature of 64 bytes."""
        return self.private_key.sign(text)


async def load_writer_key(
    connection: RowConnection, root: RootKey, known: WriterKey | None
) -> WriterKey | None:
    """Return the current key, *known* itself where it still is; None where there is none.

    Raises SealBrokenError for another root key, and for a key that this root key did not make.
    """
    row = await connection.fetchrow(_CURRENT)
    if row is None:
        return None
    key_id = str(row["key_id"])
    if known is not None and known.key_id == key_id:
        return known
    # The id holds the public key, and what is unwrapped is bound to the id.
    secret = root.unwrap(writer_key_name(key_id), row["private_key"])
    return WriterKey(key_id, Ed25519PrivateKey.from_private_bytes(secret))


@dataclass(frozen=True, slots=True)
class WriterKeyRow:
    """A writer key as everybody may know it."""

    key_id: str
    is_current: bool


async def writer_key_rows(connection: AsyncConnection) -> list[WriterKeyRow]:
    """Return all writer keys, the oldest first."""
    key = AUDIT_WRITER_KEY.c
    result = await connection.execute(select(key.key_id, key.retired_at).order_by(key.created_at, key.key_id))
    return [WriterKeyRow(row.key_id, row.retired_at is None) for row in result]


@dataclass(frozen=True, slots=True)
class WriterKeyMaker:
    """Makes writer keys, as the database's owner."""

    authority_code: str
    root: RootKey

    async def make_first(self, connection: AsyncConnection) -> WriterKey | None:
        """Make a key where there never was one; return None where there is one."""
        await _hold(connection)
        if await writer_key_rows(connection):
            return None
        return await self._make(connection)

    async def rotate(self, connection: AsyncConnection, current: str) -> WriterKey | None:
        """Retire the key of the id *current* and make the next; None where it is not the current one.

        The private half of the retired one is destroyed. Raises SealBrokenError where this root key did
        not make it.
        """
        await _hold(connection)
        key = AUDIT_WRITER_KEY.c
        present = await connection.execute(
            select(key.key_id, key.private_key).where(key.retired_at.is_(None), key.key_id == current)
        )
        row = present.first()
        if row is None:
            return None
        self.root.unwrap(writer_key_name(row.key_id), row.private_key)
        await _retire(connection, current)
        return await self._make(connection)

    async def replace_lost(self, connection: AsyncConnection) -> WriterKey | None:
        """Retire the current key and make the next where this root key does not open it; or return None."""
        await _hold(connection)
        key = AUDIT_WRITER_KEY.c
        present = await connection.execute(
            select(key.key_id, key.private_key).where(key.retired_at.is_(None))
        )
        row = present.first()
        if row is None or self._opens(row.key_id, row.private_key):
            return None
        await _retire(connection, row.key_id)
        return await self._make(connection)

    def _opens(self, key_id: str, wrapped: bytes) -> bool:
        try:
            self.root.unwrap(writer_key_name(key_id), wrapped)
        except SealBrokenError:
            return False
        return True

    async def _make(self, connection: AsyncConnection) -> WriterKey:
        made = WriterKey.of(self.authority_code, Ed25519PrivateKey.generate())
        secret = made.private_key.private_bytes_raw()
        await connection.execute(
            insert(AUDIT_WRITER_KEY).values(
                key_id=made.key_id,
                public_key=made.public_bytes,
                private_key=self.root.wrap(writer_key_name(made.key_id), secret),
            )
        )
        return made


async def _retire(connection: AsyncConnection, key_id: str) -> None:
    """End a key; its private half is gone."""
    await connection.execute(
        update(AUDIT_WRITER_KEY)
        .where(AUDIT_WRITER_KEY.c.key_id == key_id)
        .values(retired_at=func.clock_timestamp(), private_key=None)
    )


async def _hold(connection: AsyncConnection) -> None:
    """Let one change of the keys at a time; writers go on reading."""
    await connection.execute(text("lock table audit_writer_key in share row exclusive mode"))


def writer_key_name(key_id: str) -> str:
    """Return the name under which the private half of a writer key is wrapped."""
    return f"writer signing key {key_id}"
