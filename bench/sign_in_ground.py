"""A real gateway with fsync, over HTTP on loopback, and the officers that the sign-in measurements need."""

import asyncio
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Final
from uuid import UUID

import asyncpg
from sqlalchemy.ext.asyncio import create_async_engine

from app.accounts.guarding import ADDRESS_RULES, SignInGuards
from app.accounts.lockout import LockRules
from app.accounts.passwords import hash_password
from app.accounts.second_factor_desk import give_second_factor
from app.audit.sealing import RootKey
from app.cli import invented
from app.cli.demo_setup import DATABASE, prepare
from app.cli.keys import ROOT_KEY_FILE
from app.clock import SystemClock
from app.database.address import sqlalchemy_address
from app.database.embedded import EmbeddedServer
from bench.children import HOST, free_port, running
from bench.national_side import mock_configuration, real_exchange, running_nginx
from bench.processor import Pinning

TOKEN_PATH: Final = "/v1/auth/token"  # noqa: S105 - a path
PASSWORD: Final = "Do-hieu-nang-2026"  # noqa: S105 - of invented officers, in a database that is thrown away
WRONG: Final = "Do-hieu-nang-2025"
DESKS: Final = 16
KNOWN: Final = 100
_ACCOUNTS: Final = ("wrong", "locked", "suspended", "inactive", "lapsed", "coded", "last")


@dataclass(frozen=True, slots=True)
class Ground:
    """A running gateway and what client software needs to speak to it."""

    port: int
    pid: int
    basic: str = field(repr=False)

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers of a form that the client software sends."""
        return {
            "Authorization": f"Basic {self.basic}",
            "Content-Type": "application/x-www-form-urlencoded",
        }


def addresses(second: int = 1) -> Iterator[str]:
    """Yield loopback addresses 127.*second*.x.y, each once."""
    for number in count(1):
        yield f"127.{second}.{number // 250}.{number % 250 + 1}"


@contextmanager
def open_ground(folder: Path, tries: int, pinning: Pinning, nginx: str, **settings: str) -> Iterator[Ground]:
    """Run a gateway with *tries* officers of each kind; *settings* are `DANCU_…` variables of its own."""
    with EmbeddedServer(folder / "postgres", durable=True) as server:
        database = prepare(server, folder)
        root = RootKey.from_text((folder / "keys" / ROOT_KEY_FILE).read_text(encoding="utf-8"))
        asyncio.run(_fill(server.url(database=DATABASE), root, tries))
        port, mock_port = free_port(), free_port()
        url, mock_url = f"http://{HOST}:{port}", f"http://{HOST}:{mock_port}"
        environment = database.environment | {
            "DANCU_PUBLIC_URL": url,
            "DANCU_UPSTREAM_BASE_URL": mock_url,
            "DANCU_UPSTREAM_ACCESS_KEY": "AK-TEST",
            "DANCU_UPSTREAM_SECRET_KEY": "SK-TEST",
            "DANCU_UPSTREAM_APP_NAME": "mcdt-test",
            "DANCU_UPSTREAM_PARTNER_CODE": "000.00.00.H00",
            "DANCU_UPSTREAM_PARTNER_CODE_CUSTOMER": "000.00.00.H00",
            "DANCU_UPSTREAM_KEY_NAME": "keyname-test",
            "DANCU_UPSTREAM_KEY_PASSWORD": "keypass-test",
            "DANCU_LOOKUPS_PER_OFFICER_PER_MINUTE": "1000000000",
            "DANCU_LOOKUPS_PER_OFFICER_PER_HOUR": "1000000000",
            "DANCU_LOOKUPS_PER_OFFICER_PER_DAY": "1000000000",
            "DANCU_LOOKUPS_PER_UNIT_PER_HOUR": "1000000000",
            "DANCU_LOOKUPS_PER_UNIT_PER_DAY": "1000000000",
            "DANCU_LOOKUPS_PER_CLIENT_PER_HOUR": "1000000000",
            "DANCU_LOOKUPS_PER_CLIENT_PER_DAY": "1000000000",
            "DANCU_TOKEN_MINUTES": "60",
        }
        gateway = [sys.executable, "-m", "app", "serve", "--host", HOST, "--port", str(port)]
        national_side = partial(mock_configuration, mock_port, real_exchange())
        root_folder = {"PYTHONPATH": str(Path(__file__).parents[1])}
        with (
            running_nginx(nginx, folder / "mock", national_side, mock_url),
            running(
                "gateway",
                gateway,
                ready_url=f"{url}/readyz",
                folder=folder,
                environment=environment | settings | root_folder,
                cores=pinning.measured,
            ) as pid,
        ):
            pair = f"{invented.CLIENT_ID}:{database.province.client_secret}"
            yield Ground(port, pid, b64encode(pair.encode()).decode())


async def _fill(database_url: str, root: RootKey, tries: int) -> None:
    """Add officers of every kind, all with one password, and bring their guards to where they must be."""
    connection = await asyncpg.connect(database_url)
    try:
        for prefix, number in ((login, tries) for login in _ACCOUNTS):
            await _add_officers(connection, prefix, number)
        await _add_officers(connection, "desk", DESKS)
        await _add_officers(connection, "known", KNOWN)
        for change, prefix in (
            ("status = 'suspended'", "suspended"),
            ("password_hash = null", "inactive"),
            (
                "must_change_password = true, first_password_until = clock_timestamp() - interval '1 day'",
                "lapsed",
            ),
        ):
            await connection.execute(f"update officer set {change} where login_name like '{prefix}.%'")  # noqa: S608
        coded = await connection.fetch("select officer_id from officer where login_name like 'coded.%'")
        await _set_up(database_url, root, tries, [row["officer_id"] for row in coded], connection)
    finally:
        await connection.close()


async def _add_officers(connection: asyncpg.Connection, prefix: str, number: int) -> None:
    await connection.execute(
        "insert into officer (officer_id, login_name, full_name, role, status, password_hash,"
        " password_changed_at, upstream_officer_code) select gen_random_uuid(), $1 || '.' || n,"
        " 'Cán bộ', 'reception', 'active', $2, clock_timestamp(), $1 || '.' || n"
        " from generate_series(1, $3) n",
        prefix,
        hash_password(PASSWORD),
        number,
    )
    await connection.execute(
        "insert into officer_posting (officer_id, valid_from, unit_id) select o.officer_id, '2023-01-01',"
        " (select p.unit_id from officer_posting p join officer r using (officer_id) where r.login_name = $2)"
        " from officer o where o.login_name like $1 || '.%'",
        prefix,
        invented.RECEPTION,
    )


async def _set_up(
    database_url: str, root: RootKey, tries: int, coded: list[UUID], connection: asyncpg.Connection
) -> None:
    clock, engine = SystemClock(), create_async_engine(sqlalchemy_address(database_url), hide_parameters=True)
    secret, day = root.derive("sign-in guards"), timedelta(hours=24)
    usual = SignInGuards(engine, secret, clock, LockRules(), ADDRESS_RULES)
    at_once = LockRules(max_failures=1, first_lock=day, longest_lock=day)
    strict = SignInGuards(engine, secret, clock, at_once, ADDRESS_RULES)
    try:
        async with engine.begin() as work:
            for officer_id in coded:
                await give_second_factor(work, root, officer_id, clock.now())
        for number in range(1, tries + 1):
            for login in ("last", "lastnone"):  # one failure away from a lock
                await usual.charge(f"{login}.{number}", invented.CLIENT_ID, f"nowhere {number}")
        await connection.execute("update sign_in_guard set failures = $1", LockRules().max_failures - 1)
        for number in range(1, tries + 1):
            await strict.charge(f"locked.{number}", invented.CLIENT_ID, f"nowhere {number}")
    finally:
        await engine.dispose()
