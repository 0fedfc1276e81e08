"""What is under siege: a province on a PostgreSQL of its own, and the list of programs over it."""

import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Final

import httpx
from sqlalchemy.ext.asyncio import create_async_engine

from app.audit.sealing import RootKey
from app.audit.tree.signer import create_signer
from app.cli import invented
from app.database import migrate
from app.database.address import sqlalchemy_address
from app.database.embedded import EmbeddedServer
from app.logs import LogEvent
from tests.cluster import PostgresCluster
from tests.siege.programs import IsReady, Program
from tests.world import PASSWORD, ROOT_KEY, make_login_roles, make_month_keys, make_token_key

BUDGET_SECONDS: Final = 2.0
WAIT_SECONDS: Final = 1.5
MARGIN_SECONDS: Final = 1.5
AGE_SECONDS: Final = BUDGET_SECONDS + MARGIN_SECONDS
_ASK_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class Place:
    """One database, where its gateways listen, and what is to be kept running over it."""

    province: invented.InventedProvince
    ports: tuple[int, ...]
    programs: tuple[Program, ...]
    verifier: str
    owner_url: str = field(repr=False)


@asynccontextmanager
async def a_place(server: EmbeddedServer, folder: Path, national_port: int) -> AsyncIterator[Place]:
    """Give a filled database in *server*, with gateways, workers and a signer to be started over it."""
    cluster = PostgresCluster(server)
    name = await cluster.create_database()
    owner_url = cluster.url(name)
    province = await _fill(owner_url)
    signer_folder = folder / "signer"
    signer = create_signer(signer_folder, RootKey.from_text(ROOT_KEY), invented.AUTHORITY)
    serving, sequencing = (cluster.url(name, role, PASSWORD) for role in ("gateway", "sequencer"))
    gateway = _gateway_environment(serving, national_port)
    socket_path = folder / "signer.sock"
    worker = _worker_environment(sequencing, socket_path)
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(httpx.AsyncClient(trust_env=False, timeout=_ASK_SECONDS))
        ports = stack.enter_context(_held_ports(2))
        programs = [
            Program(f"gateway-{number}", _serve(port), gateway, _answers(http, port), weight=3)
            for number, port in enumerate(ports, start=1)
        ]
        programs += [
            Program(f"worker-{number}", ("worker",), worker, _has_said(LogEvent.WORKER_STARTED), weight=2)
            for number in (1, 2)
        ]
        signing = _signer_environment(signer_folder, socket_path)
        programs.append(Program("signer", ("signer",), signing, _has_said(LogEvent.SIGNER_STARTED), weight=2))
        yield Place(province, ports, tuple(programs), signer.verifier, owner_url)


def _serve(port: int) -> tuple[str, ...]:
    return ("serve", "--host", "127.0.0.1", "--port", str(port))


def _answers(http: httpx.AsyncClient, port: int) -> IsReady:
    """Whether a gateway says that it may be sent requests."""

    async def answers(_: str) -> bool:
        try:
            return (await http.get(f"http://127.0.0.1:{port}/readyz")).status_code == HTTPStatus.OK
        except httpx.TransportError:
            return False

    return answers


def _has_said(event: LogEvent) -> IsReady:
    async def has_said(written: str) -> bool:
        return event.value in written

    return has_said


def _gateway_environment(serving_url: str, national_port: int) -> Mapping[str, str]:
    limits = {
        f"DANCU_LOOKUPS_PER_{who}": "10000000"
        for who in (
            "OFFICER_PER_MINUTE",
            "OFFICER_PER_HOUR",
            "OFFICER_PER_DAY",
            "UNIT_PER_HOUR",
            "UNIT_PER_DAY",
            "CLIENT_PER_HOUR",
            "CLIENT_PER_DAY",
        )
    }
    return limits | {
        "DANCU_AUTHORITY_CODE": invented.AUTHORITY,
        "DANCU_DATABASE_URL": serving_url,
        "DANCU_ROOT_KEY": ROOT_KEY,
        "DANCU_TOKEN_MINUTES": "60",
        "DANCU_LOOKUP_BUDGET_SECONDS": str(BUDGET_SECONDS),
        "DANCU_AUDIT_WAIT_SECONDS": str(WAIT_SECONDS),
        "DANCU_RECONCILE_MARGIN_SECONDS": str(MARGIN_SECONDS),
        "DANCU_RECONCILE_EVERY_SECONDS": "0.5",
        "DANCU_UPSTREAM_BASE_URL": f"http://127.0.0.1:{national_port}",
        "DANCU_UPSTREAM_ACCESS_KEY": "AK-TEST",
        "DANCU_UPSTREAM_SECRET_KEY": "SK-TEST",
        "DANCU_UPSTREAM_APP_NAME": "mcdt-test",
        "DANCU_UPSTREAM_PARTNER_CODE": "000.00.00.H00",
        "DANCU_UPSTREAM_PARTNER_CODE_CUSTOMER": "000.00.00.H00",
    }


def _worker_environment(sequencing_url: str, socket_path: Path) -> Mapping[str, str]:
    return {
        "DANCU_AUTHORITY_CODE": invented.AUTHORITY,
        "DANCU_SEQUENCING_DATABASE_URL": sequencing_url,
        "DANCU_LOG_SIGNER_URL": f"unix:{socket_path}",
        "DANCU_CHECKPOINT_EVERY_SECONDS": "0.3",
    }


def _signer_environment(signer_folder: Path, socket_path: Path) -> Mapping[str, str]:
    return {
        "DANCU_AUTHORITY_CODE": invented.AUTHORITY,
        "DANCU_LOG_SIGNER_FOLDER": str(signer_folder),
        "DANCU_SIGNER_KEY": ROOT_KEY,
        "DANCU_SIGNER_LISTEN": f"unix:{socket_path}",
    }


async def _fill(owner_url: str) -> invented.InventedProvince:
    await migrate.upgrade(sqlalchemy_address(owner_url))
    await make_login_roles(owner_url)
    engine = create_async_engine(sqlalchemy_address(owner_url))
    async with engine.begin() as connection:
        province = await invented.invent_province(connection, RootKey.from_text(ROOT_KEY))
        await make_month_keys(connection)
        await make_token_key(connection)
    await engine.dispose()
    return province


@contextmanager
def _held_ports(count: int) -> Iterator[tuple[int, ...]]:
    """Give ports on which nobody else can listen, and which no client is given, while a gateway is dead."""
    with ExitStack() as stack:
        holders = [stack.enter_context(socket.socket()) for _ in range(count)]
        for holder in holders:
            holder.bind(("127.0.0.1", 0))
            # Only now: from here on a gateway may bind it as well, since it says the same.
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        yield tuple(holder.getsockname()[1] for holder in holders)
