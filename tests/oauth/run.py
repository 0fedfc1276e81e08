"""`python -m tests.oauth.run`: two OAuth clients nobody here wrote, against a running gateway.

Each is installed for this run only, at a fixed version, in a folder of its own; exit code 1 on any failure.
"""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import pyotp
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from rich.console import Console
from rich.table import Table
from sqlalchemy.ext.asyncio import create_async_engine

from app.accounts.client_keys import read_public_key
from app.accounts.client_store import add_key
from app.cli import invented
from app.cli.demo_setup import DATABASE, DemoDatabase, prepare
from app.clock import SystemClock
from app.database.address import sqlalchemy_address
from app.database.embedded import EmbeddedServer
from tests.logs.processes import a_process, free_port

PYTHON_CLIENT: Final = ("authlib==1.9.9", "httpx==0.28.1")
NODE_CLIENT: Final = "openid-client@6.8.9"
_HERE: Final = Path(__file__).parent
_CLIENT_KEY: Final = rsa.generate_private_key(65537, 2048)
_INSTALL_SECONDS: Final = 180
_RUN_SECONDS: Final = 60


@dataclass(frozen=True, slots=True)
class Step:
    """What one client tried, and whether it went as it must."""

    client: str
    name: str
    is_good: bool
    detail: str


def main() -> int:
    """Install, run both, print a table and return the exit code."""
    console = Console()
    if shutil.which("npm") is None:
        console.print("npm (with Node 20 or newer) is needed for the second client")
        return 2
    folder = Path(tempfile.mkdtemp(prefix="dancu-oauth-"))
    try:
        commands = {"Authlib": _install_authlib(folder), "openid-client": _install_openid_client(folder)}
        with _a_database(folder) as database:
            steps = asyncio.run(_run(folder, database, commands))
    except BaseException:
        console.print(f"logs: {folder}")
        raise
    console.print(_table(steps))
    failed = sum(not step.is_good for step in steps)
    console.print(f"{len(steps)} steps, {failed} failed")
    if failed:
        console.print(f"logs: {folder}")
        return 1
    shutil.rmtree(folder)
    return 0


def _install_authlib(folder: Path) -> list[str]:
    venv.create(folder / "venv", with_pip=True)
    python = str(folder / "venv" / "bin" / "python")
    _call([python, "-m", "pip", "install", "-qq", "--disable-pip-version-check", *PYTHON_CLIENT], folder)
    return [python, str(_HERE / "authlib_client.py")]


def _install_openid_client(folder: Path) -> list[str]:
    place = folder / "node"
    place.mkdir()
    # The folder before the program: Node looks for packages beside the file it runs.
    program = shutil.copy(_HERE / "openid_client.mjs", place)
    _call(["npm", "install", "--no-save", "--no-package-lock", "--silent", NODE_CLIENT], place)
    return ["node", str(program)]


def _call(command: list[str], folder: Path) -> None:
    subprocess.run(command, cwd=folder, check=True, timeout=_INSTALL_SECONDS)  # noqa: S603 - our own words


@contextmanager
def _a_database(folder: Path) -> Iterator[DemoDatabase]:
    state = folder / "state"
    state.mkdir()
    folder.chmod(0o711)  # the account that runs PostgreSQL passes through
    state.chmod(0o711)
    with EmbeddedServer(state / "postgres", durable=False) as server:
        database = prepare(server, state)
        asyncio.run(_register_key(server.url(database=DATABASE)))
        yield database


async def _register_key(owner_url: str) -> None:
    """Register a key of the client's, as `dancu clients add-key` does."""
    public = _CLIENT_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    key = read_public_key(public.decode())
    engine = create_async_engine(sqlalchemy_address(owner_url))
    async with engine.begin() as connection:
        await add_key(connection, invented.CLIENT_ID, key, SystemClock().now(), None)
    await engine.dispose()


async def _run(folder: Path, database: DemoDatabase, commands: Mapping[str, list[str]]) -> list[Step]:
    mock_port, port = free_port(), free_port()
    issuer = f"http://127.0.0.1:{port}"
    environment = database.environment | {
        "DANCU_PORT": str(port),
        "DANCU_PUBLIC_URL": issuer,
        "DANCU_UPSTREAM_BASE_URL": f"http://127.0.0.1:{mock_port}",
        "DANCU_UPSTREAM_ACCESS_KEY": "AK-TEST",
        "DANCU_UPSTREAM_SECRET_KEY": "SK-TEST",
        "DANCU_UPSTREAM_APP_NAME": "mcdt-test",
        "DANCU_UPSTREAM_PARTNER_CODE": "000.00.00.H00",
        "DANCU_UPSTREAM_PARTNER_CODE_CUSTOMER": "000.00.00.H00",
    }
    steps: list[Step] = []
    mock = ("-m", "mock_c06", "--port", str(mock_port))
    gateway = ("-m", "app", "serve", "--host", "127.0.0.1", "--port", str(port))
    async with (
        a_process(folder / "mock.out", mock_port, *mock),
        a_process(folder / "gateway.out", port, *gateway, environment=environment),
    ):
        for number, (name, command) in enumerate(commands.items()):
            variables = _variables(database, issuer, steps_ahead=number)
            steps += await asyncio.to_thread(_steps_of, name, command, variables)
    return steps


def _variables(database: DemoDatabase, issuer: str, steps_ahead: int) -> dict[str, str]:
    """Return what a client is told; each gets a one-time code of its own half minute."""
    province = database.province
    totp = pyotp.TOTP(province.otp_secrets[invented.AUDITOR])
    return {
        "PATH": os.environ["PATH"],
        "AUTHLIB_INSECURE_TRANSPORT": "1",  # http on loopback
        "ISSUER": issuer,
        "CLIENT_ID": invented.CLIENT_ID,
        "CLIENT_SECRET": province.client_secret,
        "CLIENT_KEY": _CLIENT_KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        "OFFICER": invented.RECEPTION,
        "OFFICER_PASSWORD": province.passwords[invented.RECEPTION],
        "AUDITOR": invented.AUDITOR,
        "AUDITOR_PASSWORD": province.passwords[invented.AUDITOR],
        "OTP": totp.at(SystemClock().now() + steps_ahead * timedelta(seconds=totp.interval)),
    }


def _steps_of(client: str, command: list[str], variables: dict[str, str]) -> list[Step]:
    done = subprocess.run(  # noqa: S603 - our own words
        command, env=variables, capture_output=True, check=False, text=True, timeout=_RUN_SECONDS
    )
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    steps = [Step(client, line["step"], line["ok"], line["detail"]) for line in lines]
    if done.returncode and all(step.is_good for step in steps):
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        steps.append(Step(client, "the program ends well", is_good=False, detail=last))
    return steps


def _table(steps: list[Step]) -> Table:
    table = Table("client", "step", "", "detail")
    for step in steps:
        table.add_row(step.client, step.name, "ok" if step.is_good else "FAILED", step.detail)
    return table


if __name__ == "__main__":
    sys.exit(main())
