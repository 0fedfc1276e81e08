"""`dancu keys …-writer`: the key with which writers sign their batches; what `dancu check` says of it."""

import asyncio

import asyncpg
from sqlalchemy.ext.asyncio import AsyncConnection

from app.audit.changes import Change
from app.audit.keyring import Keyring
from app.audit.record import RecordKind
from app.audit.sealing import SealBrokenError
from app.audit.writer_keys import WriterKeyMaker, WriterKeyRow, writer_key_rows
from app.cli.console import done
from app.cli.keys import OtherRootKeyError, authority_of, check_serving_root, owners_connection, serving_root
from app.cli.recording import make_recorded
from app.cli.settings import read_settings
from app.errors import ConfigurationError
from app.settings import Settings


def rotate_writer() -> None:
    """Make the next key that signs batches; running gateways take it up within seconds.

    The record that introduces it is still signed by the former one, which from then on only verifies.
    """
    settings, _ = read_settings()
    done(f"batches are signed and checked from now on by: {asyncio.run(_rotate(settings))}")
    done("give it to those who verify; earlier batches stay checked by the earlier keys")


def show_writer() -> None:
    """Print the public keys by which anybody checks the writers' signatures, the oldest first."""
    settings, _ = read_settings()
    rows = asyncio.run(_rows(settings))
    if not rows:
        raise ConfigurationError("there is no writer key, run: dancu keys months")
    for row in rows:
        done(row.key_id if row.is_current else f"{row.key_id} (retired)")


async def writer_key_finding(connection: asyncpg.Connection, keyring: Keyring) -> tuple[bool, str]:
    """Return what `dancu check` says of the key that signs batches, read as the serving role."""
    try:
        key = await keyring.load_writer_key(connection)
    except SealBrokenError:
        return False, "keys: DANCU_ROOT_KEY is not the key under which the writer key was made"
    if key is None:
        return False, "keys: no key signs batches, so nothing can be recorded; run: dancu keys months"
    return True, f"keys: writer key {key.key_id} signs batches"


async def _rotate(settings: Settings) -> str:
    """Make the next key and record it; return its id."""
    root, authority = serving_root(settings), authority_of(settings)
    before = next((row.key_id for row in await _rows(settings) if row.is_current), None)
    if before is None:
        raise ConfigurationError("there is no writer key to rotate, run: dancu keys months")

    async def work(connection: AsyncConnection) -> Change[str]:
        await check_serving_root(connection, root)
        try:
            made = await WriterKeyMaker(authority, root).rotate(connection, before)
        except SealBrokenError:
            raise OtherRootKeyError(
                "keys: DANCU_ROOT_KEY is not the key under which the writer key was made"
            ) from None
        if made is None:
            raise ConfigurationError("another command has just rotated the writer key")
        facts = {"change": "writer key", "before": before, "after": made.key_id}
        return Change(made.key_id, RecordKind.KEYS_ROTATED, facts)

    return await make_recorded(settings, work)


async def _rows(settings: Settings) -> list[WriterKeyRow]:
    async with owners_connection(settings) as connection:
        return await writer_key_rows(connection)
