"""The gateway under measurement: a durable database, the invented province, signed-in officers."""

import asyncio
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

import asyncpg
import httpx
from sqlalchemy.ext.asyncio import create_async_engine

from app.accounts.passwords import hash_password
from app.accounts.store import add_officer
from app.accounts.values import Role
from app.audit.record import Outcome
from app.cli import invented
from app.cli.demo_setup import DATABASE, DemoDatabase, prepare
from app.cli.invented import InventedProvince
from app.clock import SystemClock, local_day
from app.database.address import sqlalchemy_address
from app.database.embedded import EmbeddedServer
from app.units.store import load_units
from bench.children import HOST, free_port, running
from bench.failure import BenchError
from bench.on_record import Evidence, count_evidence
from bench.processor import Pinning

LOOKUP_PATH: Final = "/v1/residence-lookups"
TOKEN_MINUTES: Final = 60
_PASSWORD: Final = "Do-hieu-nang-2026"  # noqa: S105 - of invented officers, in a database that is thrown away
_POSTED_FROM: Final = date(2023, 1, 1)
DOSSIER_CODE: Final = f"{invented.COMMUNE_LEGACY_CODE}-230301-0001"
# The canned national side accepts any credentials; these have the shape of real ones.
_UPSTREAM: Final = {
    "DANCU_UPSTREAM_ACCESS_KEY": "AK-TEST",
    "DANCU_UPSTREAM_SECRET_KEY": "SK-TEST",
    "DANCU_UPSTREAM_APP_NAME": "mcdt-test",
    "DANCU_UPSTREAM_PARTNER_CODE": "000.00.00.H00",
    "DANCU_UPSTREAM_PARTNER_CODE_CUSTOMER": "000.00.00.H00",
    "DANCU_UPSTREAM_KEY_NAME": "keyname-test",
    "DANCU_UPSTREAM_KEY_PASSWORD": "keypass-test",
}


@dataclass(frozen=True, slots=True)
class Desk:
    """A running gateway, its database, and the officers signed in to it."""

    url: str
    gateway_pid: int
    postgres_pid: int
    database_url: str = field(repr=False)
    tokens: tuple[str, ...] = field(repr=False)
    province: InventedProvince = field(repr=False)
    environment: Mapping[str, str] = field(repr=False)
    """The gateway's settings: another one with these is the same gateway."""

    @property
    def base_url(self) -> str:
        """Where the gateway listens."""
        return self.url.removesuffix(LOOKUP_PATH)

    @property
    def serving_url(self) -> str:
        """As the gateway signs in to the database."""
        return self.environment["DANCU_DATABASE_URL"]

    def another_database(self, name: str) -> str:
        """Make an empty database beside the gateway's and return its address."""
        asyncio.run(_create_database(self.database_url, name))
        return self.database_url.replace(f"/{DATABASE}", f"/{name}", 1)

    def evidence(self) -> Evidence:
        """Count the records, once no lookup is open; BenchError where one stays open."""
        return asyncio.run(count_evidence(self.database_url))


@contextmanager
def open_desk(
    folder: Path,
    upstream_url: str,
    officers: int,
    pinning: Pinning,
    further: Mapping[str, str] | None = None,
    *,
    fill: Callable[[str], None] | None = None,
    workers: int = 1,
) -> Iterator[Desk]:
    """Start PostgreSQL with fsync and the gateway with *further* settings, and sign that many officers in.

    *fill* is given the database's address before the gateway starts.
    """
    with EmbeddedServer(folder / "postgres", durable=True) as server:
        database = prepare(server, folder)
        database_url = server.url(database=DATABASE)
        names = asyncio.run(_add_officers(database_url, officers))
        if fill is not None:
            fill(database_url)
        port = free_port()
        url = f"http://{HOST}:{port}"
        environment = database.environment | _settings(url, upstream_url) | dict(further or {})
        with running_gateway(folder, port, environment, pinning, workers=workers) as gateway_pid:
            tokens = tuple(_sign_in(url, database, names))
            pid_file = folder / "postgres" / "data" / "postmaster.pid"
            postgres_pid = int(pid_file.read_text(encoding="ascii").splitlines()[0])
            yield Desk(
                f"{url}{LOOKUP_PATH}",
                gateway_pid,
                postgres_pid,
                database_url,
                tokens,
                database.province,
                environment,
            )


@contextmanager
def running_gateway(
    folder: Path, port: int, environment: Mapping[str, str], pinning: Pinning, *, workers: int
) -> Iterator[int]:
    """Run a gateway of that many processes on *port* and yield the id of the first."""
    command = [sys.executable, "-m", "app", "serve", "--host", HOST, "--port", str(port)]
    with running(
        f"gateway-{port}",
        [*command, "--workers", str(workers)],
        ready_url=f"http://{HOST}:{port}/readyz",
        folder=folder,
        environment=environment,
        cores=pinning.measured,
    ) as pid:
        yield pid


async def _create_database(url: str, name: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(f"create database {name}")
    finally:
        await connection.close()


def question() -> bytes:
    """Return the body of a lookup that finds the person of the canned answer."""
    return json.dumps(question_about("099190000017"), ensure_ascii=False).encode()


def question_about(id_number: str) -> dict[str, Any]:
    """Return what is asked about a person of that number and the canned answer's name and birth date."""
    return {
        "citizen": {"id_number": id_number, "full_name": "Trần Văn Thử", "birth_date": "1990-05-09"},
        "procedure_code": invented.RESIDENCE_PROCEDURE,
        "dossier_code": DOSSIER_CODE,
        "verification_method": "online_lookup",
        "reception_channel": "counter",
    }


def check_lookup(answer: httpx.Response) -> None:
    """Raise BenchError unless the answer discloses the person asked about."""
    body: dict[str, Any] = answer.json() if answer.is_success else {}
    citizen = body.get("citizen") or {}
    if body.get("outcome") != Outcome.FOUND or "TRẦN VĂN THỬ" not in str(citizen).upper():
        raise BenchError(f"a lookup was answered with HTTP {answer.status_code} and not with the person")


def _settings(url: str, upstream_url: str) -> dict[str, str]:
    return _UPSTREAM | {
        "DANCU_PUBLIC_URL": url,
        "DANCU_UPSTREAM_BASE_URL": upstream_url,
        "DANCU_LOOKUPS_PER_OFFICER_PER_MINUTE": "1000000000",
        "DANCU_LOOKUPS_PER_OFFICER_PER_HOUR": "1000000000",
        "DANCU_LOOKUPS_PER_OFFICER_PER_DAY": "1000000000",
        "DANCU_LOOKUPS_PER_UNIT_PER_HOUR": "1000000000",
        "DANCU_LOOKUPS_PER_UNIT_PER_DAY": "1000000000",
        "DANCU_LOOKUPS_PER_CLIENT_PER_HOUR": "1000000000",
        "DANCU_LOOKUPS_PER_CLIENT_PER_DAY": "1000000000",
        "DANCU_CITIZENS_PER_OFFICER_PER_DAY": "1000000000",
        "DANCU_TOKEN_MINUTES": str(TOKEN_MINUTES),
        "DANCU_SIGN_INS_PER_SECOND": "10000",  # all officers of the measurement sign in at once
    }


async def _add_officers(database_url: str, count: int) -> list[str]:
    """Post that many officers to the invented commune, all with one password, and name them."""
    password_hash = hash_password(_PASSWORD)
    names = [f"canbo.{number:03d}" for number in range(count)]
    engine = create_async_engine(sqlalchemy_address(database_url), hide_parameters=True)
    try:
        async with engine.begin() as connection:
            register = await load_units(connection, local_day(SystemClock().now()))
            commune = next(
                unit for unit in register.units.values() if invented.COMMUNE_CODE in unit.agency_codes
            )
            for name in names:
                await add_officer(
                    connection,
                    login_name=name,
                    full_name=f"Cán bộ {name}",
                    role=Role.RECEPTION,
                    unit_id=commune.unit_id,
                    upstream_officer_code=name,
                    password_hash=password_hash,
                    posted_from=_POSTED_FROM,
                    now=SystemClock().now(),
                )
    finally:
        await engine.dispose()
    return names


def _sign_in(url: str, database: DemoDatabase, names: list[str]) -> Iterator[str]:
    """Sign the officers in over HTTP and accept today's notice for each."""
    client = (invented.CLIENT_ID, database.province.client_secret)
    with httpx.Client(base_url=url, trust_env=False, timeout=30) as http:
        for name in names:
            form = {"grant_type": "password", "username": name, "password": _PASSWORD}
            token = str(_good(http.post("/v1/auth/token", data=form, auth=client)).json()["access_token"])
            bearer = {"Authorization": f"Bearer {token}"}
            notice = _good(http.get("/v1/me/confidentiality-notice", headers=bearer)).json()
            version = {"version": notice["version"]}
            _good(http.post("/v1/me/confidentiality-notice", json=version, headers=bearer))
            yield token


def _good(answer: httpx.Response) -> httpx.Response:
    if not answer.is_success:
        raise BenchError(f"{answer.request.url.path} answered HTTP {answer.status_code}")
    return answer
