"""`dancu keys`: the secrets a gateway needs, and the month keys of the evidence."""

import asyncio
import os
from pathlib import Path
from typing import Annotated, Final

import typer
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from app.accounts.tokens import generate_token_key
from app.audit.keyring import Keyring, MonthKeyMaker, load_month_secrets, months_from
from app.audit.sealing import RootKey, SealBrokenError
from app.audit.table import AUDIT_MONTH_KEY
from app.cli.console import done
from app.cli.settings import administration_url, read_settings
from app.clock import SystemClock
from app.database.address import sqlalchemy_address
from app.errors import ConfigurationError
from app.main import root_key
from app.settings import Settings

commands = typer.Typer(
    help="Keys: root keys and token key in files, month keys in the database.", no_args_is_help=True
)

ROOT_KEY_FILE: Final = "root.key"
AUDIT_ROOT_KEY_FILE: Final = "audit-root.key"
TOKEN_KEY_FILE: Final = "token.pem"  # noqa: S105 - a file's name


class OtherRootKeyError(ConfigurationError):
    """The month keys in the database were made with another root key."""


@commands.command("create")
def create(directory: Annotated[Path, typer.Argument(help="where to put the three files")]) -> None:
    """Make the root key, the auditing root key and the token key; never overwrites one."""
    for path in create_key_files(directory):
        done(f"made {path}")
    done(
        f"Keep {AUDIT_ROOT_KEY_FILE} away from machines that only serve lookups. Back all of them up, apart."
    )


@commands.command("months")
def months(
    ahead: Annotated[int, typer.Option(min=1, max=60, help="how many months, this one included")] = 13,
) -> None:
    """Make the month keys that are missing; without this month's key no lookup is possible."""
    settings, _ = read_settings()
    made = asyncio.run(make_month_keys(settings, ahead))
    done(f"made keys for: {', '.join(made)}" if made else "no month key was missing")


def create_key_files(directory: Path) -> list[Path]:
    """Create those of the three files that do not exist, readable by their owner only; return them."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    contents = {
        ROOT_KEY_FILE: RootKey.generate_text,
        AUDIT_ROOT_KEY_FILE: RootKey.generate_text,
        TOKEN_KEY_FILE: generate_token_key,
    }
    made = []
    for name, generate in contents.items():
        path = directory / name
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            continue
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(generate())
        made.append(path)
    return made


async def make_month_keys(settings: Settings, ahead: int) -> list[str]:
    """Make missing month keys from this month on and return the months; needs both root keys.

    Raises OtherRootKeyError where they are not the ones that made the months before.
    """
    if settings.root_key is None or settings.audit_root_key is None:
        raise ConfigurationError("month keys need DANCU_ROOT_KEY and DANCU_AUDIT_ROOT_KEY (or their _FILE)")
    if not settings.authority_code:
        raise ConfigurationError("DANCU_AUTHORITY_CODE is not set: the province's code, such as H19")
    maker = MonthKeyMaker(
        settings.authority_code,
        root_key(settings.root_key.get_secret_value(), "DANCU_ROOT_KEY"),
        root_key(settings.audit_root_key.get_secret_value(), "DANCU_AUDIT_ROOT_KEY"),
    )
    engine = create_async_engine(sqlalchemy_address(administration_url(settings)), hide_parameters=True)
    try:
        async with engine.begin() as connection:
            await _check_root_keys(connection, maker)
            return await maker.make(connection, months_from(SystemClock().now().date(), ahead))
    finally:
        await engine.dispose()


async def _check_root_keys(connection: AsyncConnection, maker: MonthKeyMaker) -> None:
    """Refuse to go on with other root keys: no process could then open all months."""
    latest = await connection.scalar(select(func.max(AUDIT_MONTH_KEY.c.month)))
    if latest is None:
        return
    raw = (await connection.get_raw_connection()).driver_connection
    if raw is None:
        raise ConfigurationError("the database closed the connection")
    wrong = "is not the key under which the month keys were made"
    try:
        await Keyring(maker.serving_root).load(raw, latest)
    except SealBrokenError:
        raise OtherRootKeyError(f"keys: DANCU_ROOT_KEY {wrong}") from None
    try:
        await load_month_secrets(connection, maker.auditing_root, [latest])
    except SealBrokenError:
        raise OtherRootKeyError(f"keys: DANCU_AUDIT_ROOT_KEY {wrong}") from None
