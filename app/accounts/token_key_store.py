"""Token keys in the database, wrapped under the root key: who lacks that can neither sign nor plant one."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.table import TOKEN_KEY
from app.accounts.token_keys import Rotation, TokenKey, TokenKeys, plan_rotation
from app.audit.sealing import RootKey, SealBrokenError
from app.logs import LogEvent, get_logger

_log = get_logger(__name__)
_OVER_KEPT: Final = timedelta(days=30)

_Row = tuple[str, bytes, datetime, datetime | None]


class TokenKeyring:
    """Loads token keys for a process that goes on running; unwraps them only when they changed."""

    def __init__(self, root: RootKey) -> None:
        """Open keys with *root*."""
        self._root = root
        self._rows: list[_Row] | None = None
        self._keys = TokenKeys()

    async def load(self, connection: AsyncConnection) -> TokenKeys:
        """Return the keys, the same object while nothing changed; a row that does not open is logged."""
        rows = await _rows(connection)
        if rows != self._rows:
            self._keys = _opened(self._root, rows)
            self._rows = rows
            if self._keys.unusable:
                hint = {} if self._keys.keys else {"hint": "was the root key rotated? start with the new one"}
                _log.error(LogEvent.TOKEN_KEY_UNUSABLE, count=len(self._keys.unusable), **hint)
        return self._keys


async def load_token_keys(connection: AsyncConnection, root: RootKey) -> TokenKeys:
    """Return all token keys, and the ids of those that *root* does not open."""
    return _opened(root, await _rows(connection))


async def has_token_key(connection: AsyncConnection) -> bool:
    """Whether there is any token key, usable or not."""
    return bool(await _rows(connection))


async def make_first_token_key(connection: AsyncConnection, root: RootKey, now: datetime) -> Rotation | None:
    """Make a key that signs at once where there is none at all; return None where there is one."""
    await _hold(connection)
    if await _rows(connection):
        return None
    key = TokenKey.generate(now)
    await add_token_key(connection, root, key)
    return Rotation(key.kid, now)


async def rotate_token_keys(
    connection: AsyncConnection, root: RootKey, now: datetime, ahead: timedelta
) -> Rotation:
    """Add a key that signs after *ahead*, and set the end of the present one; return what changed.

    Keys that are long over go.
    Raises TokenKeyComingError while a key is coming.
    """
    await _hold(connection)
    await connection.execute(delete(TOKEN_KEY).where(TOKEN_KEY.c.verifies_until < now - _OVER_KEPT))
    key, rotation = plan_rotation(await load_token_keys(connection, root), now, ahead)
    await add_token_key(connection, root, key)
    await connection.execute(
        update(TOKEN_KEY)
        .where(TOKEN_KEY.c.kid == rotation.former_kid)
        .values(verifies_until=rotation.former_verifies_until)
    )
    return rotation


async def replace_token_keys(connection: AsyncConnection, root: RootKey, now: datetime) -> Rotation:
    """Put a new key in the place of all others, for one that leaked; return what changed.

    All are deleted: what could read one, a process's memory or the root key, could read the others, too; and
    a row that is gone needs no clock to be over.
    """
    await _hold(connection)
    result = await connection.execute(delete(TOKEN_KEY).returning(TOKEN_KEY.c.kid))
    revoked = tuple(sorted(result.scalars()))
    key = TokenKey.generate(now)
    await add_token_key(connection, root, key)
    return Rotation(key.kid, now, revoked_kids=revoked)


async def add_token_key(connection: AsyncConnection, root: RootKey, key: TokenKey) -> None:
    """Store *key*, wrapped under *root* for this id and purpose alone."""
    await connection.execute(
        insert(TOKEN_KEY).values(
            kid=key.kid,
            wrapped_key=root.wrap(token_key_name(key.kid), key.secret),
            signs_from=key.signs_from,
            verifies_until=key.verifies_until,
        )
    )


async def _hold(connection: AsyncConnection) -> None:
    """Let one rotation at a time decide; readers go on."""
    await connection.execute(text("lock table token_key in share row exclusive mode"))


async def _rows(connection: AsyncConnection) -> list[_Row]:
    columns = (TOKEN_KEY.c.kid, TOKEN_KEY.c.wrapped_key, TOKEN_KEY.c.signs_from, TOKEN_KEY.c.verifies_until)
    result = await connection.execute(select(*columns).order_by(TOKEN_KEY.c.signs_from, TOKEN_KEY.c.kid))
    return [(row.kid, row.wrapped_key, row.signs_from, row.verifies_until) for row in result]


def _opened(root: RootKey, rows: Sequence[_Row]) -> TokenKeys:
    keys, unusable = list[TokenKey](), list[str]()
    for row in rows:
        key = _open(root, row)
        if key is not None:
            keys.append(key)
        else:
            unusable.append(row[0])
    return TokenKeys(tuple(keys), tuple(unusable))


def _open(root: RootKey, row: _Row) -> TokenKey | None:
    kid, wrapped, signs_from, verifies_until = row
    try:
        key = TokenKey.from_secret(root.unwrap(token_key_name(kid), wrapped), signs_from, verifies_until)
    except (SealBrokenError, ValueError):
        return None
    return key if key.kid == kid else None


def token_key_name(kid: str) -> str:
    """Return the name under which this token key is wrapped."""
    return f"token key {kid}"
