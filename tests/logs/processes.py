"""Gateway and national side as processes of their own, with all they write kept."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.world import AUDIT_ROOT_KEY, ROOT_KEY, World

ROOT = Path(__file__).parents[2]


@dataclass
class Running:
    """A process that serves HTTP, and the file with everything it wrote."""

    http: httpx.AsyncClient
    port: int
    output: Path

    @property
    def written(self) -> str:
        return self.output.read_text(encoding="utf-8", errors="replace")

    async def send_raw(self, content: bytes) -> bytes:
        """Send bytes as they are and return what comes back within a moment."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(content)
        try:
            async with asyncio.timeout(0.5):
                return await reader.read(65536)
        except (TimeoutError, ConnectionError):
            return b""
        finally:
            writer.close()


@asynccontextmanager
async def a_process(
    output: Path, port: int, *arguments: str, environment: Mapping[str, str] | None = None
) -> AsyncIterator[Running]:
    """Run Python with *arguments*, from when it serves on *port* until the end of the block."""
    variables = {"PATH": os.environ["PATH"], "PYTHONDEVMODE": "1", **(environment or {})}
    with output.open("wb") as file:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, cwd=ROOT, env=variables, stdout=file, stderr=file
        )
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as http:
            running = Running(http, port, output)
            await _until_alive(running, process)
            yield running
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()


@asynccontextmanager
async def a_national_side(folder: Path, access_log: Path) -> AsyncIterator[Running]:
    """Run the stand-in; its slow persons take a second."""
    port = free_port()
    arguments = (
        "-m",
        "mock_c06",
        "--port",
        str(port),
        "--slow-seconds",
        "1",
        "--access-log",
        str(access_log),
    )
    async with a_process(folder / "mock.out", port, *arguments) as running:
        yield running


@asynccontextmanager
async def a_gateway(folder: Path, world: World, upstream_port: int, **more: str) -> AsyncIterator[Running]:
    """Run the gateway with faults over *world*."""
    port = free_port()
    environment = gateway_environment(world, port, upstream_port)
    arguments = ("-m", "tests.logs.gateway_process")
    async with a_process(folder / "gateway.out", port, *arguments, environment=environment | more) as running:
        yield running


def gateway_environment(world: World, port: int, upstream_port: int) -> dict[str, str]:
    """Return the variables a gateway over *world* needs to serve on *port*."""
    return {
        "DANCU_AUTHORITY_CODE": "H19",
        "DANCU_PORT": str(port),
        "DANCU_DATABASE_URL": world.database.serving_url,
        "DANCU_AUDIT_DATABASE_URL": world.database.auditing_url,
        "DANCU_ROOT_KEY": ROOT_KEY,
        "DANCU_AUDIT_ROOT_KEY": AUDIT_ROOT_KEY,
        "DANCU_LOOKUP_BUDGET_SECONDS": "0.6",
        "DANCU_AUDIT_WAIT_SECONDS": "2",
        "DANCU_LOOKUPS_PER_OFFICER_PER_MINUTE": "1000",
        "DANCU_SIGN_INS_PER_SECOND": "1000",  # every driver signs in anew
        "DANCU_UPSTREAM_BASE_URL": f"http://127.0.0.1:{upstream_port}",
        "DANCU_UPSTREAM_ACCESS_KEY": "AK-TEST",
        "DANCU_UPSTREAM_SECRET_KEY": "SK-TEST",
        "DANCU_UPSTREAM_APP_NAME": "mcdt-test",
        "DANCU_UPSTREAM_PARTNER_CODE": "000.00.00.H00",
        "DANCU_UPSTREAM_PARTNER_CODE_CUSTOMER": "000.00.00.H00",
        "DANCU_UPSTREAM_KEY_NAME": "keyname-test",
        "DANCU_UPSTREAM_KEY_PASSWORD": "keypass-test",
    }


def free_port() -> int:
    """Return a port nobody uses at present."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _until_alive(running: Running, process: asyncio.subprocess.Process) -> None:
    for _ in range(1800):  # a busy machine takes its time
        if process.returncode is not None:
            raise AssertionError(f"the process ended:\n{running.written[-4000:]}")
        try:
            await running.http.get("/livez")
        except httpx.TransportError:
            await asyncio.sleep(0.05)
        else:
            return
    raise AssertionError(f"the process does not answer:\n{running.written[-4000:]}")
