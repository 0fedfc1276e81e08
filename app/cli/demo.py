"""`dancu demo`: everything at once, with invented people: database, national side, gateway, a story."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated, Final

import httpx
import typer

from app.cli import invented
from app.cli.console import out
from app.cli.demo_setup import DemoDatabase, prepare
from app.cli.demo_story import Storyteller
from app.database.embedded import EmbeddedServer, default_state_directory
from app.errors import ConfigurationError

_HOST: Final = "127.0.0.1"
_START_SECONDS: Final = 30
_STOP_SECONDS: Final = 15
_LAST_LINES: Final = 15
# The invented credentials that mock_c06 accepts; a real road has its own.
_UPSTREAM: Final = {
    "DANCU_UPSTREAM_ACCESS_KEY": "AK-TEST",
    "DANCU_UPSTREAM_SECRET_KEY": "SK-TEST",
    "DANCU_UPSTREAM_APP_NAME": "mcdt-test",
    "DANCU_UPSTREAM_PARTNER_CODE": "000.00.00.H00",
    "DANCU_UPSTREAM_PARTNER_CODE_CUSTOMER": "000.00.00.H00",
    "DANCU_UPSTREAM_KEY_NAME": "keyname-test",
    "DANCU_UPSTREAM_KEY_PASSWORD": "keypass-test",
}


def demo(
    once: Annotated[bool, typer.Option("--once", help="stop after the lookups, with exit code 0")] = False,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="port of the gateway; a free one if it is taken")
    ] = 8080,
) -> None:
    """Start everything on this machine with invented people and make real lookups."""
    if os.environ.get("DANCU_DATABASE_URL") or os.environ.get("DANCU_DATABASE_URL_FILE"):
        raise ConfigurationError("DANCU_DATABASE_URL is set: the demo never touches a real database")
    signal.signal(signal.SIGTERM, _stop)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as under nohup
        # The children have sessions of their own: a closed terminal would leave them behind.
        signal.signal(signal.SIGHUP, _stop)
    directory = default_state_directory("demo")
    try:
        with ExitStack() as stack:
            _run(stack, directory, port, once=once)
    except KeyboardInterrupt:
        out.print("\nstopped")


def _run(stack: ExitStack, directory: Path, port: int, *, once: bool) -> None:
    out.print("Starting the embedded database (its first start takes some seconds) ...")
    server = stack.enter_context(EmbeddedServer(directory / "postgres"))
    database = prepare(server, directory)
    mock_port, gateway_port = _free_port(8037), _free_port(port)
    out.print("Starting the mock national side and the gateway ...")
    mock_url, gateway_url = f"http://{_HOST}:{mock_port}", f"http://{_HOST}:{gateway_port}"
    mock = [sys.executable, "-m", "mock_c06", "--host", _HOST, "--port", str(mock_port)]
    stack.enter_context(_running("mock national side", mock, {}, f"{mock_url}/livez", directory / "mock.log"))
    gateway = [sys.executable, "-m", "app", "serve", "--host", _HOST, "--port", str(gateway_port)]
    environment = database.environment | _UPSTREAM
    environment |= {"DANCU_UPSTREAM_BASE_URL": mock_url, "DANCU_PUBLIC_URL": gateway_url}
    # The story asks about the same citizen at every run; with the usual five a day the sixth would fail.
    environment["DANCU_VERIFICATIONS_PER_CITIZEN_PER_DAY"] = "100"
    log = directory / "gateway.log"
    stack.enter_context(_running("gateway", gateway, environment, f"{gateway_url}/readyz", log))
    Storyteller(gateway_url, database.province, directory).tell()
    if not once:
        _keep_serving(gateway_url, mock_url, log, database)


@contextmanager
def _running(
    name: str, command: list[str], environment: dict[str, str], ready_url: str, log: Path
) -> Iterator[None]:
    """Run a child process until it answers *ready_url*, and end it afterwards."""
    plain = {key: value for key, value in os.environ.items() if not key.startswith("DANCU_")}
    with log.open("wb") as file:
        # A session of its own: an interrupt in the terminal reaches us first, and we end it in order.
        # A folder without a `.env`: settings of a real gateway stay out of the demo.
        child = subprocess.Popen(  # noqa: S603 - our own program
            command,
            cwd=log.parent,
            env=plain | environment,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _wait_until_ready(name, child, ready_url, log)
            yield
        finally:
            child.terminate()
            try:
                child.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def _wait_until_ready(name: str, child: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    with httpx.Client(trust_env=False, timeout=2) as http:
        while time.monotonic() < deadline and child.poll() is None:
            try:
                if http.get(url).is_success:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
    last = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LAST_LINES:])
    raise ConfigurationError(f"the {name} did not become ready; the end of {log}:\n{last}")


def _keep_serving(gateway_url: str, mock_url: str, log: Path, database: DemoDatabase) -> None:
    password = database.province.passwords[invented.RECEPTION]
    secret = database.province.client_secret
    out.print()
    out.print("The gateway keeps serving. Try it from another terminal:", style="bold")
    out.print(
        f"""
  TOKEN=$(curl -s {gateway_url}/v1/auth/token -u '{invented.CLIENT_ID}:{secret}' \\
    -d grant_type=password -d username={invented.RECEPTION} --data-urlencode password='{password}' \\
    | python3 -c 'import json,sys; print(json.load(sys.stdin)["access_token"])')
  curl -s {gateway_url}/v1/residence-lookups -H "Authorization: Bearer $TOKEN" \\
    -H 'Content-Type: application/json' -d '{{
      "citizen": {{"id_number": "099190000017", "full_name": "Trần Văn Thử", "birth_date": "1990-05-09"}},
      "procedure_code": "{invented.RESIDENCE_PROCEDURE}",
      "dossier_code": "{invented.COMMUNE_LEGACY_CODE}-230301-0001",
      "verification_method": "online_lookup", "reception_channel": "counter"}}'

  API description  {gateway_url}/openapi.json
  people to ask    {mock_url}/mock/personas
  gateway's log    {log}

Press Ctrl-C to stop.""",
        markup=False,
    )
    while True:
        signal.pause()


def _free_port(wanted: int) -> int:
    """Return *wanted*, or a free port where something else listens there."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((_HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise ConfigurationError("no free port on this machine")


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
