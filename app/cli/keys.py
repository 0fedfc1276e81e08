"""`dancu keys`: the secrets a gateway needs, the month keys of the evidence, the first token key."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Final

import typer
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from app.accounts import token_key_store
from app.accounts.token_keys import Rotation
from app.audit.changes import Change, Event, Unchanged
from app.audit.keyring import Keyring, MonthKeyMaker, load_month_secrets, months_from
from app.audit.record import RecordKind, Value
from app.audit.sealing import RootKey, SealBrokenError
from app.audit.table import AUDIT_MONTH_KEY
from app.audit.writer_keys import WriterKeyMaker
from app.cli.console import done
from app.cli.recording import make_recorded
from app.cli.settings import administration_url, read_settings
from app.clock import SystemClock
from app.database.address import sqlalchemy_address
from app.errors import ConfigurationError
from app.lookup.signing_certificates import self_signed
from app.lookup.signing_store import add_signing_certificate, has_signing_certificate
from app.serving_settings import auditing_root_of, serving_root_of
from app.settings import Settings

commands = typer.Typer(
    help="Keys: root keys in files, month keys and token keys in the database.", no_args_is_help=True
)

ROOT_KEY_FILE: Final = "root.key"
AUDIT_ROOT_KEY_FILE: Final = "audit-root.key"
_WRONG: Final = "is not the key under which the month keys were made"


class OtherRootKeyError(ConfigurationError):
    """The keys in the database were made with another root key."""


@commands.command("create")
def create(directory: Annotated[Path, typer.Argument(help="where to put the two files")]) -> None:
    """Make the root key and the auditing root key; never overwrites one."""
    made = create_key_files(directory)
    for path in (directory / ROOT_KEY_FILE, directory / AUDIT_ROOT_KEY_FILE):
        done(f"made {path}" if path in made else f"{path} exists already and stays as it is")
    if not made:
        done("no key file was missing")
        return
    done(f"Keep {AUDIT_ROOT_KEY_FILE} away from machines that only serve lookups. Back both up, apart.")


@commands.command("months")
def months(
    ahead: Annotated[int, typer.Option(min=1, max=60, help="how many months, this one included")] = 13,
) -> None:
    """Make the month keys that are missing, and the first keys that sign batches, tokens and receipts.

    Without the keys no lookup is possible.
    """
    settings, _ = read_settings()
    if made_partitions := asyncio.run(_make_partitions(settings, ahead)):
        done(f"made places for records of {ahead} months ({made_partitions} partitions)")
    made, writer_key = asyncio.run(_make_recorded(settings, ahead))
    done(f"made keys for: {', '.join(made)}" if made else "no month key was missing")
    if writer_key is not None:
        done(f"made the first writer key; batches are checked by: {writer_key}")
    first = asyncio.run(_first_token_key_recorded(settings))
    if first is not None:
        done(f"made the first token key: {first.kid}")
    if asyncio.run(_first_certificate_recorded(settings)):
        done("made the first certificate that signs receipts; to give it away: dancu keys export-signing")


async def _make_partitions(settings: Settings, ahead: int) -> int:
    async with owners_connection(settings) as connection:
        return int(await connection.scalar(select(func.audit_make_partitions(ahead))) or 0)


async def _make_recorded(settings: Settings, ahead: int) -> tuple[list[str], str | None]:
    """Make missing keys and record it: what recording needs, this month's and the writers', comes first."""
    first = await make_month_keys(settings, 1)
    writer_key = await make_first_writer_key(settings)
    events = [Event(RecordKind.KEYS_MADE, {"months": month}) for month in first]
    if writer_key is not None:
        events.append(Event(RecordKind.KEYS_MADE, {"change": "writer key", "after": writer_key}))
    try:
        await _record(settings, events)
    except ConfigurationError:
        what = " and ".join([*first, *(["the writers' batches"] if writer_key else [])])
        raise ConfigurationError(f"made the key for {what}, but could not record it") from None
    maker, more = month_key_maker(settings), months_from(SystemClock().now().date(), ahead)

    async def work(connection: AsyncConnection) -> Change[list[str]]:
        await check_root_keys(connection, maker)
        return await _made(await maker.make(connection, more))

    is_missing = await _missing(settings, more)
    return first + (await make_recorded(settings, work) if is_missing else []), writer_key


async def _record(settings: Settings, events: list[Event]) -> None:
    async def work(_: AsyncConnection) -> Change[None] | Unchanged[None]:
        return Change[None].of_events(None, events)

    if events:
        await make_recorded(settings, work)


async def _first_token_key_recorded(settings: Settings) -> Rotation | None:
    """Make a token key where there is none and record it; return None where there is one."""
    root = serving_root(settings)
    async with owners_connection(settings) as connection:
        await check_serving_root(connection, root)
        if await token_key_store.has_token_key(connection):
            return None

    async def work(connection: AsyncConnection) -> Change[Rotation]:
        rotation = await token_key_store.make_first_token_key(connection, root, SystemClock().now())
        if rotation is None:
            raise ConfigurationError("another command has just made the first token key")
        return Change(rotation, RecordKind.KEYS_MADE, rotation.facts)

    return await make_recorded(settings, work)


async def _first_certificate_recorded(settings: Settings) -> bool:
    """Make a certificate where there is none and record it; return whether one was made."""
    async with owners_connection(settings) as connection:
        if await has_signing_certificate(connection):
            return False

    async def work(connection: AsyncConnection) -> Change[None]:
        return Change(None, RecordKind.KEYS_MADE, await _add_first_certificate(connection, settings))

    await make_recorded(settings, work)
    return True


async def make_first_certificate(settings: Settings) -> bool:
    """Make a self-signed certificate for receipts where there is none; return whether one was made."""
    async with owners_connection(settings) as connection:
        if await has_signing_certificate(connection):
            return False
        await _add_first_certificate(connection, settings)
        return True


async def _add_first_certificate(connection: AsyncConnection, settings: Settings) -> dict[str, Value]:
    now = SystemClock().now()
    one = self_signed(authority_of(settings), now)
    return await add_signing_certificate(connection, serving_root(settings), one, now)


async def _made(made: list[str]) -> Change[list[str]]:
    return Change(made, RecordKind.KEYS_MADE, {"months": " ".join(made)})


async def _missing(settings: Settings, months: list[str]) -> bool:
    engine = create_async_engine(sqlalchemy_address(administration_url(settings)), hide_parameters=True)
    try:
        async with engine.connect() as connection:
            present = (await connection.execute(select(AUDIT_MONTH_KEY.c.month))).scalars().all()
    finally:
        await engine.dispose()
    return not set(months) <= set(present)


def create_key_files(directory: Path) -> list[Path]:
    """Create those of the two files that do not exist, readable by their owner only; return them."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = []
    for name in (ROOT_KEY_FILE, AUDIT_ROOT_KEY_FILE):
        path = directory / name
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            continue
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(RootKey.generate_text())
        made.append(path)
    return made


async def make_month_keys(settings: Settings, ahead: int) -> list[str]:
    """Make missing month keys from this month on and return the months; needs both root keys.

    Raises OtherRootKeyError where they are not the ones that made the months before.
    """
    maker = month_key_maker(settings)
    async with owners_connection(settings) as connection:
        await check_root_keys(connection, maker)
        return await maker.make(connection, months_from(SystemClock().now().date(), ahead))


async def make_first_writer_key(settings: Settings) -> str | None:
    """Make the key that signs batches where there never was one; return its id, None otherwise.

    Raises OtherRootKeyError where the months were made with another root key.
    """
    root, authority = serving_root(settings), authority_of(settings)
    async with owners_connection(settings) as connection:
        await check_serving_root(connection, root)
        made = await WriterKeyMaker(authority, root).make_first(connection)
    return made.key_id if made is not None else None


async def make_first_token_key(settings: Settings) -> Rotation | None:
    """Make a token key that signs at once where there is none; return what its record says, None otherwise.

    Raises OtherRootKeyError where the months were made with another root key.
    """
    root = serving_root(settings)
    async with owners_connection(settings) as connection:
        await check_serving_root(connection, root)
        return await token_key_store.make_first_token_key(connection, root, SystemClock().now())


def serving_root(settings: Settings) -> RootKey:
    """Return the root key; ConfigurationError where it is missing or none."""
    root = serving_root_of(settings)
    if root is None:
        raise ConfigurationError("token keys need DANCU_ROOT_KEY (or DANCU_ROOT_KEY_FILE)")
    return root


def authority_of(settings: Settings) -> str:
    """Return the province's code; ConfigurationError where it is not set."""
    if not settings.authority_code:
        raise ConfigurationError("DANCU_AUTHORITY_CODE is not set: the province's code, such as H19")
    return settings.authority_code


@asynccontextmanager
async def owners_connection(settings: Settings) -> AsyncIterator[AsyncConnection]:
    """Give a transaction as the database's owner."""
    engine = create_async_engine(sqlalchemy_address(administration_url(settings)), hide_parameters=True)
    try:
        async with engine.begin() as connection:
            yield connection
    finally:
        await engine.dispose()


def month_key_maker(settings: Settings) -> MonthKeyMaker:
    """Return what makes month keys; ConfigurationError where a root key is missing."""
    serving, auditing = serving_root_of(settings), auditing_root_of(settings)
    if serving is None or auditing is None:
        raise ConfigurationError("month keys need DANCU_ROOT_KEY and DANCU_AUDIT_ROOT_KEY (or their _FILE)")
    return MonthKeyMaker(authority_of(settings), serving, auditing)


async def check_root_keys(connection: AsyncConnection, maker: MonthKeyMaker) -> None:
    """Refuse to go on with other root keys: no process could then open all months."""
    await check_serving_root(connection, maker.serving_root)
    await _check_auditing_root(connection, maker.auditing_root)


async def check_serving_root(connection: AsyncConnection, root: RootKey) -> None:
    """Refuse to go on with another root key: no process could then open all keys. OtherRootKeyError."""
    latest = await _latest_month(connection)
    if latest is None:
        return
    raw = (await connection.get_raw_connection()).driver_connection
    if raw is None:
        raise ConfigurationError("the database closed the connection")
    try:
        await Keyring(root).load(raw, latest)
    except SealBrokenError:
        raise OtherRootKeyError(f"keys: DANCU_ROOT_KEY {_WRONG}") from None


async def _check_auditing_root(connection: AsyncConnection, root: RootKey) -> None:
    latest = await _latest_month(connection)
    if latest is None:
        return
    try:
        await load_month_secrets(connection, root, [latest])
    except SealBrokenError:
        raise OtherRootKeyError(f"keys: DANCU_AUDIT_ROOT_KEY {_WRONG}") from None


async def _latest_month(connection: AsyncConnection) -> str | None:
    latest: str | None = await connection.scalar(select(func.max(AUDIT_MONTH_KEY.c.month)))
    return latest
