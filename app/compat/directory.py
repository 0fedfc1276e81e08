"""What the face knows in memory, as of the last change: software's credentials, and officers' keys."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.compatible_credentials import CompatibleCredential, load_compatible
from app.accounts.lookup_keys import LookupKey, load_lookup_keys
from app.database.changes import Changes


@dataclass(frozen=True, slots=True)
class FaceDirectory:
    """Credentials and keys that nobody has ended."""

    credentials: Mapping[UUID, CompatibleCredential]
    by_name: Mapping[str, CompatibleCredential]
    keys: Mapping[str, LookupKey]

    @classmethod
    def of(cls, credentials: list[CompatibleCredential], keys: Mapping[str, LookupKey]) -> "FaceDirectory":
        """Return the directory of these."""
        return cls(
            {one.credential_id: one for one in credentials}, {one.name: one for one in credentials}, keys
        )


async def load_face(connection: AsyncConnection) -> FaceDirectory:
    """Return the directory as the database has it."""
    return FaceDirectory.of(await load_compatible(connection), await load_lookup_keys(connection))


async def amend_face(connection: AsyncConnection, known: FaceDirectory, changes: Changes) -> FaceDirectory:
    """Return *known*, or the directory anew where credentials or keys changed."""
    return await load_face(connection) if changes.touch("compatible_credential", "lookup_key") else known
