"""The invented province as tests use it: addresses, keys, credentials and builders."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.token_key_store import add_token_key
from app.accounts.token_keys import TokenKey
from app.audit.keyring import MonthKeyMaker, months_from
from app.audit.sealing import RootKey
from app.audit.writer_keys import WriterKeyMaker
from app.cli import invented
from app.clock import SystemClock
from app.lookup.signing_certificates import self_signed
from app.lookup.signing_store import add_signing_certificate
from app.settings import Settings

PASSWORD = "only-for-tests"
LOGIN_ROLES = (
    ("gateway", "dancu_serving"),
    ("auditor", "dancu_auditing"),
    ("sequencer", "dancu_sequencing"),
    ("maintainer", "dancu_maintenance"),
    ("reporter", "dancu_reporting"),
)
ROOT_KEY = RootKey.generate_text()
AUDIT_ROOT_KEY = RootKey.generate_text()


def past_the_guards(*statements: str) -> str:
    """Return one statement that does these to the months' keys, as who owns the server can."""
    tables = ("audit_month_key", "audit_month_secret")
    off = "".join(f"alter table {table} disable trigger user;" for table in tables)
    on = "".join(f"alter table {table} enable trigger user;" for table in tables)
    return (
        f"do $guards$ begin {off} {' '.join(f'{statement};' for statement in statements)} {on} end $guards$"
    )


def pem_of(key: TokenKey) -> str:
    """Return the private key as PEM text, for forging tokens with it."""
    return key.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


A_TOKEN_KEY = TokenKey.generate(SystemClock().now())
TOKEN_KEY = pem_of(A_TOKEN_KEY)
"""The key that signs in every test's province."""
A_SIGNING_CERTIFICATE = self_signed(invented.AUTHORITY, SystemClock().now())
"""The certificate that signs receipts there."""


@dataclass(frozen=True)
class Database:
    """One test's database and the addresses of its three roles."""

    name: str
    owner_url: str = field(repr=False)
    serving_url: str = field(repr=False)
    auditing_url: str = field(repr=False)

    @property
    def sequencing_url(self) -> str:
        """The sequencer's address; its password is the others'."""
        return self.serving_url.replace("gateway:", "sequencer:", 1)

    @property
    def maintenance_url(self) -> str:
        """The address of who drops months; its password is the others'."""
        return self.serving_url.replace("gateway:", "maintainer:", 1)

    @property
    def reporting_url(self) -> str:
        """The address of who counts figures; its password is the others'."""
        return self.serving_url.replace("gateway:", "reporter:", 1)


@dataclass(frozen=True)
class World:
    """A database and who may sign in to a gateway over it."""

    database: Database
    province: invented.InventedProvince

    def settings(self, **changes: Any) -> Settings:
        """Return a gateway's settings, auditing included."""
        values: dict[str, Any] = {
            "authority_code": invented.AUTHORITY,
            "database_url": SecretStr(self.database.serving_url),
            "audit_database_url": SecretStr(self.database.auditing_url),
            "root_key": SecretStr(ROOT_KEY),
            "audit_root_key": SecretStr(AUDIT_ROOT_KEY),
            "lookups_per_officer_per_minute": 1000,
            "overload_milliseconds": 0,  # a slow machine is no overload
            "anchor_stop_minutes": 0,  # no worker runs, and some tests turn the clock by days
        }
        return Settings(_env_file=None, **(values | changes))


class TurnableClock:
    """The real time, moved by what a test says."""

    def __init__(self) -> None:
        self._real = SystemClock()
        self.ahead = timedelta()

    def now(self) -> datetime:
        return self._real.now() + self.ahead

    def monotonic(self) -> float:
        return self._real.monotonic() + self.ahead.total_seconds()


async def make_login_roles(url: str) -> None:
    """Let a gateway and an auditor log in, as an operator would."""
    connection = await asyncpg.connect(url)
    try:
        for login, group in LOGIN_ROLES:
            exists = await connection.fetchval("select 1 from pg_roles where rolname = $1", login)
            if not exists:
                await connection.execute(f"create role {login} login password '{PASSWORD}' in role {group}")
    finally:
        await connection.close()


async def make_month_keys(connection: AsyncConnection) -> None:
    """Make the keys of this month and its neighbours, and the key that signs batches."""
    maker = MonthKeyMaker(invented.AUTHORITY, RootKey.from_text(ROOT_KEY), RootKey.from_text(AUDIT_ROOT_KEY))
    last_month = datetime.now(UTC).date().replace(day=1) - timedelta(days=1)  # noqa: TID251 - the real month
    await maker.make(connection, months_from(last_month, 4))
    await WriterKeyMaker(invented.AUTHORITY, RootKey.from_text(ROOT_KEY)).make_first(connection)


async def make_token_key(connection: AsyncConnection) -> None:
    """Store the key that signs."""
    await add_token_key(connection, RootKey.from_text(ROOT_KEY), A_TOKEN_KEY)


async def make_signing_certificate(connection: AsyncConnection) -> None:
    """Store the certificate that signs receipts."""
    await add_signing_certificate(
        connection, RootKey.from_text(ROOT_KEY), A_SIGNING_CERTIFICATE, SystemClock().now()
    )


def a_dossier_code(agency: str = invented.COMMUNE_LEGACY_CODE, running_number: int = 1) -> str:
    """Return a dossier code of the day the first lookups were due."""
    return f"{agency}-230301-{running_number:04d}"


def a_lookup(**changes: Any) -> dict[str, Any]:
    """Return the body of a lookup that finds Trần Văn Thử; *changes* name what the test is about."""
    person = {"id_number": "099190000017", "full_name": "Trần Văn Thử", "birth_date": "1990-05-09"}
    return {
        "citizen": person | changes.pop("citizen", {}),
        "procedure_code": invented.RESIDENCE_PROCEDURE,
        "dossier_code": a_dossier_code(),
        "verification_method": "online_lookup",
        "reception_channel": "counter",
    } | changes
