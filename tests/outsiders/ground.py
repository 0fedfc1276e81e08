"""A province with its log: database, stand-in national side, gateway and worker, each its own process."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import asyncpg
import httpx

from app.audit.sealing import RootKey
from app.audit.tree.signer import FileSigner, create_signer
from app.cli import invented
from app.cli.demo_setup import DATABASE, DemoDatabase, prepare
from app.cli.keys import ROOT_KEY_FILE
from app.database.embedded import EmbeddedServer
from tests.crash.clients import sign_in
from tests.gateway import bearer
from tests.logs.processes import ROOT, a_process, free_port
from tests.outsiders.fetching import CHECKPOINT

_SEQUENCER: Final = "dancu_sequencer"
_SEQUENCER_PASSWORD: Final = "only-for-this-run"
_FIRST_CHECKPOINT_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class Province:
    """A running gateway with a worker beside it; `http` asks in the name of an officer."""

    http: httpx.AsyncClient
    signer: FileSigner
    owner_url: str = field(repr=False)


@asynccontextmanager
async def a_province(server: EmbeddedServer, folder: Path) -> AsyncIterator[Province]:
    """Run a province on a fresh database in *server*, until the end of the block."""
    state = folder / "state"
    database = await asyncio.to_thread(prepare, server, state)
    owner_url = server.url(database=DATABASE)
    await _let_sequence(owner_url)
    root = RootKey.from_text((state / "keys" / ROOT_KEY_FILE).read_text(encoding="utf-8"))
    signer = create_signer(folder / "signer", root, invented.AUTHORITY)
    signing = {
        "DANCU_AUTHORITY_CODE": invented.AUTHORITY,
        "DANCU_LOG_SIGNER_FOLDER": str(folder / "signer"),
        "DANCU_SIGNER_KEY_FILE": str(state / "keys" / ROOT_KEY_FILE),
        "DANCU_SIGNER_LISTEN": f"unix:{folder}/signer.sock",
    }
    worker = database.environment | {
        "DANCU_SEQUENCING_DATABASE_URL": server.url(_SEQUENCER, DATABASE, _SEQUENCER_PASSWORD),
        "DANCU_LOG_SIGNER_URL": f"unix:{folder}/signer.sock",
    }
    async with (
        _a_gateway(folder, database) as port,
        _a_command(folder, "signer", signing),
        _a_command(folder, "worker", worker),
    ):
        token = await sign_in(port, database.province)
        url = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(
            base_url=url, headers=bearer(token), trust_env=False, timeout=30
        ) as http:
            await _first_checkpoint(http)
            yield Province(http, signer, owner_url)


@asynccontextmanager
async def _a_gateway(folder: Path, database: DemoDatabase) -> AsyncIterator[int]:
    mock_port, port = free_port(), free_port()
    environment = database.environment | {
        "DANCU_PORT": str(port),
        "DANCU_LOOKUPS_PER_OFFICER_PER_MINUTE": "10000",
        "DANCU_LOOKUPS_PER_OFFICER_PER_HOUR": "10000",
        "DANCU_LOOKUPS_PER_OFFICER_PER_DAY": "10000",
        "DANCU_UPSTREAM_BASE_URL": f"http://127.0.0.1:{mock_port}",
        "DANCU_UPSTREAM_ACCESS_KEY": "AK-TEST",
        "DANCU_UPSTREAM_SECRET_KEY": "SK-TEST",
        "DANCU_UPSTREAM_APP_NAME": "mcdt-test",
        "DANCU_UPSTREAM_PARTNER_CODE": "000.00.00.H00",
        "DANCU_UPSTREAM_PARTNER_CODE_CUSTOMER": "000.00.00.H00",
    }
    async with (
        a_process(folder / "mock.out", mock_port, "-m", "mock_c06", "--port", str(mock_port)),
        a_process(folder / "gateway.out", port, "-m", "app", "serve", environment=environment),
    ):
        yield port


@asynccontextmanager
async def _a_command(folder: Path, name: str, environment: Mapping[str, str]) -> AsyncIterator[None]:
    """Run signer or worker, which answer nobody here: the first checkpoint shows that both are there."""
    with (folder / f"{name}.out").open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "app", name),
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], **environment},
            stdout=output,
            stderr=output,
        )
    try:
        yield
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()


async def _first_checkpoint(http: httpx.AsyncClient) -> None:
    async with asyncio.timeout(_FIRST_CHECKPOINT_SECONDS):
        while not (await http.get(CHECKPOINT)).is_success:  # noqa: ASYNC110 - another process makes it
            await asyncio.sleep(0.2)


async def _let_sequence(owner_url: str) -> None:
    """Let a worker sign in, as an operator would."""
    connection = await asyncpg.connect(owner_url)
    try:
        await connection.execute(
            f"create role {_SEQUENCER} login password '{_SEQUENCER_PASSWORD}' in role dancu_sequencing"
        )
    finally:
        await connection.close()
