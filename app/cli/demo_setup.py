"""What `dancu demo` keeps between runs: an embedded database with the invented province, and its secrets."""

import asyncio
import json
import os
import secrets
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

import asyncpg
from alembic.util import CommandError
from pydantic import SecretStr
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import create_async_engine

from app.accounts.client_table import CLIENT
from app.accounts.table import SECOND_FACTOR
from app.audit.sealing import RootKey, SealBrokenError
from app.audit.tree.signer import FileSigner, SignerStateError, create_signer
from app.cli.invented import AUTHORITY, InventedProvince, invent_province
from app.cli.keys import (
    AUDIT_ROOT_KEY_FILE,
    ROOT_KEY_FILE,
    OtherRootKeyError,
    create_key_files,
    make_first_certificate,
    make_first_token_key,
    make_first_writer_key,
    make_month_keys,
)
from app.database import migrate
from app.database.address import asyncpg_address, sqlalchemy_address
from app.database.embedded import EmbeddedServer
from app.database.metadata import AUDITING_ROLE, REPORTING_ROLE, SEQUENCING_ROLE, SERVING_ROLE
from app.errors import ConfigurationError
from app.settings import Settings

DATABASE: Final = "dancu"
_LOGINS: Final = {
    "dancu_gateway": SERVING_ROLE,
    "dancu_auditor": AUDITING_ROLE,
    "dancu_worker": SEQUENCING_ROLE,
    "dancu_reporter": REPORTING_ROLE,
}
_SIGNER_FOLDER: Final = "signer"
_SIGNER_KEY_FILE: Final = "signer.key"
_SECRETS_FILE: Final = "secrets.json"


class _OtherStateError(Exception):
    """What an earlier run kept cannot be used."""


@dataclass(frozen=True, slots=True)
class DemoSecrets:
    """Made new at the first run and kept, readable by their owner only."""

    role_passwords: dict[str, str] = field(repr=False)
    province: InventedProvince | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class DemoDatabase:
    """A ready database: who may sign in, and the environment a gateway over it needs."""

    province: InventedProvince
    environment: dict[str, str] = field(repr=False)
    worker: dict[str, str] = field(repr=False)
    signer: dict[str, str] = field(repr=False)
    log_verifier: str


def prepare(server: EmbeddedServer, directory: Path) -> DemoDatabase:
    """Bring the database in *server* to the demo's state; a second run finds it as the first left it.

    Raises ConfigurationError where another version, or other keys, left it.
    """
    try:
        kept = _read(directory)
        create_key_files(directory / "keys")
        environment = _environment(server, directory, kept)
        province = asyncio.run(_prepare(server, directory, kept))
        verifier = _signer(directory).verifier
    except (_OtherStateError, OtherRootKeyError, CommandError, SignerStateError, SealBrokenError):
        raise ConfigurationError(
            f"the demo's state was left by another version or with other keys; {directory} may be removed:"
            " dancu demo --fresh"
        ) from None
    return DemoDatabase(
        province, environment, _worker_environment(server, kept), _signer_environment(directory), verifier
    )


async def _prepare(server: EmbeddedServer, directory: Path, kept: DemoSecrets) -> InventedProvince:
    await _create_database(server)
    owner_url = server.url(database=DATABASE)
    await migrate.upgrade(sqlalchemy_address(owner_url))
    await _create_logins(owner_url, kept.role_passwords)
    settings = _settings(directory, owner_url)
    await make_month_keys(settings, ahead=3)
    await make_first_writer_key(settings)
    await make_first_token_key(settings)
    await make_first_certificate(settings)
    engine = create_async_engine(sqlalchemy_address(owner_url), hide_parameters=True)
    try:
        async with engine.begin() as connection:
            is_invented = (await connection.execute(select(CLIENT.c.client_id))).first() is not None
            if is_invented:
                if kept.province is None:
                    raise _OtherStateError
                # Runs of the demo follow each other more quickly than one-time codes do.
                await connection.execute(update(SECOND_FACTOR).values(last_used_step=0))
                return kept.province
            root = RootKey.from_text((directory / "keys" / ROOT_KEY_FILE).read_text(encoding="utf-8"))
            province = await invent_province(connection, root)
            _create_signer(directory)
            # Before the commit: credentials that nobody kept would be of no use to anybody.
            _write(directory, DemoSecrets(kept.role_passwords, province))
    finally:
        await engine.dispose()
    return province


async def _create_database(server: EmbeddedServer) -> None:
    connection = await asyncpg.connect(server.url())
    try:
        if not await connection.fetchval("select 1 from pg_database where datname = $1", DATABASE):
            await connection.execute(f"create database {DATABASE}")
    finally:
        await connection.close()


async def _create_logins(owner_url: str, passwords: dict[str, str]) -> None:
    connection = await asyncpg.connect(asyncpg_address(owner_url))
    try:
        for login, group in _LOGINS.items():
            known = await connection.fetchval("select 1 from pg_roles where rolname = $1", login)
            verb = "alter" if known else "create"
            # Our own random text without quotes; PostgreSQL takes no parameter here.
            await connection.execute(f"{verb} role {login} login password '{passwords[login]}'")
            await connection.execute(f"grant {group} to {login}")
    finally:
        await connection.close()


def _environment(server: EmbeddedServer, directory: Path, kept: DemoSecrets) -> dict[str, str]:
    keys = directory / "keys"
    return {
        "DANCU_AUTHORITY_CODE": AUTHORITY,
        "DANCU_DATABASE_URL": _url(server, kept, "dancu_gateway"),
        "DANCU_AUDIT_DATABASE_URL": _url(server, kept, "dancu_auditor"),
        "DANCU_ROOT_KEY_FILE": str(keys / ROOT_KEY_FILE),
        "DANCU_AUDIT_ROOT_KEY_FILE": str(keys / AUDIT_ROOT_KEY_FILE),
    }


def _worker_environment(server: EmbeddedServer, kept: DemoSecrets) -> dict[str, str]:
    return {
        "DANCU_AUTHORITY_CODE": AUTHORITY,
        "DANCU_SEQUENCING_DATABASE_URL": _url(server, kept, "dancu_worker"),
        "DANCU_REPORTING_DATABASE_URL": _url(server, kept, "dancu_reporter"),
        "DANCU_CHECKPOINT_EVERY_SECONDS": "0.5",  # nobody watching wants to wait longer
    }


def _signer_environment(directory: Path) -> dict[str, str]:
    return {
        "DANCU_AUTHORITY_CODE": AUTHORITY,
        "DANCU_LOG_SIGNER_FOLDER": str(directory / _SIGNER_FOLDER),
        "DANCU_SIGNER_KEY_FILE": str(directory / "keys" / _SIGNER_KEY_FILE),
    }


def _url(server: EmbeddedServer, kept: DemoSecrets, login: str) -> str:
    return server.url(login, DATABASE, kept.role_passwords[login])


def _create_signer(directory: Path) -> None:
    """Begin a log for a database that was made just now; what an earlier one's signer kept is not its."""
    shutil.rmtree(directory / _SIGNER_FOLDER, ignore_errors=True)
    key = directory / "keys" / _SIGNER_KEY_FILE
    key.unlink(missing_ok=True)
    descriptor = os.open(key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    text = RootKey.generate_text()
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    create_signer(directory / _SIGNER_FOLDER, RootKey.from_text(text), AUTHORITY)


def _signer(directory: Path) -> FileSigner:
    try:
        key = RootKey.from_text((directory / "keys" / _SIGNER_KEY_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise _OtherStateError from None
    return FileSigner(directory / _SIGNER_FOLDER, key, AUTHORITY)


def _settings(directory: Path, owner_url: str) -> Settings:
    """Return what making keys needs; constructed: validating would read this machine's DANCU_…."""
    root, audit_root = (
        SecretStr((directory / "keys" / name).read_text(encoding="utf-8").strip())
        for name in (ROOT_KEY_FILE, AUDIT_ROOT_KEY_FILE)
    )
    return Settings.model_construct(
        authority_code=AUTHORITY,
        migration_database_url=SecretStr(owner_url),
        root_key=root,
        audit_root_key=audit_root,
    )


def _read(directory: Path) -> DemoSecrets:
    path = directory / _SECRETS_FILE
    if not path.exists():
        fresh = DemoSecrets({login: secrets.token_urlsafe(24) for login in _LOGINS}, None)
        _write(directory, fresh)
        return fresh
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        province = InventedProvince(**kept["province"]) if kept["province"] else None
        known = {"dancu_reporter": secrets.token_urlsafe(24)} | kept["role_passwords"]  # it came later
        demo = DemoSecrets({login: known[login] for login in _LOGINS}, province)
    except (ValueError, KeyError, TypeError):
        raise _OtherStateError from None
    if demo.role_passwords != kept["role_passwords"]:
        _write(directory, demo)
    return demo


def _write(directory: Path, demo: DemoSecrets) -> None:
    province = demo.province
    content = {
        "role_passwords": demo.role_passwords,
        "province": asdict(province) if province else None,
    }
    path = directory / _SECRETS_FILE
    draft = path.with_suffix(".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file)
    draft.replace(path)
