"""`dancu demo`: everything at once, with invented people: database, national side, gateway, a story."""

import gc
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Annotated, Final

import httpx
import typer

from app.cli import invented
from app.cli.console import out
from app.cli.demo_setup import DemoDatabase, prepare
from app.cli.demo_state import POSTGRES, begin_anew
from app.cli.demo_story import Storyteller
from app.database.embedded import SOCKET_ROOT, EmbeddedServer, default_state_directory
from app.errors import ConfigurationError

_HOST: Final = "127.0.0.1"
_START_SECONDS: Final = 30
_STOP_SECONDS: Final = 15
_LAST_LINES: Final = 15
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_stopping: Final = threading.Event()
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
    once: Annotated[bool, typer.Option("--once", help="stop after the story, with exit code 0")] = False,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="port of the gateway; a free one if it is taken")
    ] = 8080,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="remove what earlier demos kept, and begin anew")
    ] = False,
) -> None:
    """Start everything on this machine with invented people and make real lookups."""
    if os.environ.get("DANCU_DATABASE_URL") or os.environ.get("DANCU_DATABASE_URL_FILE"):
        raise ConfigurationError("DANCU_DATABASE_URL is set: the demo never touches a real database")
    _stopping.clear()
    for number in _SIGNALS:
        # The children have sessions of their own: a closed terminal would leave them behind.
        if signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup
            signal.signal(number, _stop)
    directory = default_state_directory("demo")
    try:
        if fresh:
            begin_anew(directory)
            out.print(f"Removed what earlier demos kept in {directory}", markup=False)
        with ExitStack() as stack:
            _run(stack, directory, port, once=once)
    except KeyboardInterrupt:
        out.print("\nstopped")


def _run(stack: ExitStack, directory: Path, port: int, *, once: bool) -> None:
    out.print("Starting the embedded database (its first start takes some seconds) ...")
    server = stack.enter_context(EmbeddedServer(directory / POSTGRES))
    database = prepare(server, directory)
    gc.collect()  # SQLAlchemy's finalizers run now, not where a signal would raise into one
    mock_port, gateway_port = _free_port(8037), _free_port(port)
    out.print("Starting the mock national side, the gateway, the worker and its signer ...")
    mock_url, gateway_url = f"http://{_HOST}:{mock_port}", f"http://{_HOST}:{gateway_port}"
    mock = [sys.executable, "-m", "mock_c06", "--host", _HOST, "--port", str(mock_port)]
    is_up = partial(_answers, f"{mock_url}/livez")
    waits = [stack.enter_context(_running("mock national side", mock, {}, is_up, directory / "mock.log"))]
    waits += _run_the_log(stack, directory, database)
    gateway = [sys.executable, "-m", "app", "serve", "--host", _HOST, "--port", str(gateway_port)]
    environment = database.environment | _UPSTREAM
    environment |= {"DANCU_UPSTREAM_BASE_URL": mock_url, "DANCU_PUBLIC_URL": gateway_url}
    # The story is the same at every run; with the usual limits the sixth of a day would fail.
    environment["DANCU_VERIFICATIONS_PER_CITIZEN_PER_DAY"] = "100"
    environment["DANCU_SUBJECT_REPORTS_PER_OFFICER_PER_DAY"] = "1000"
    environment["DANCU_AUDIT_SEARCHES_PER_AUDITOR_PER_HOUR"] = "10000"
    log = directory / "gateway.log"
    is_up = partial(_answers, f"{gateway_url}/readyz")
    waits.append(stack.enter_context(_running("gateway", gateway, environment, is_up, log)))
    for wait in waits:  # they start side by side
        wait()
    Storyteller(gateway_url, database.province, directory, database.log_verifier).tell()
    if not once:
        _keep_serving(gateway_url, mock_url, log, database)


def _run_the_log(stack: ExitStack, directory: Path, database: DemoDatabase) -> Iterator[Callable[[], None]]:
    """Run what takes records into the transparency log, and what signs its checkpoints."""
    # Not in the state folder: a socket's path has at most 107 bytes.
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="dancu-signer-", dir=SOCKET_ROOT))
    place = f"unix:{folder}/signer.sock"
    program, log = [sys.executable, "-m", "app"], directory / "signer.log"
    signer = database.signer | {"DANCU_SIGNER_LISTEN": place}
    is_up = partial(_has_said, log, "signer.started")
    yield stack.enter_context(_running("signer", [*program, "signer"], signer, is_up, log))
    log = directory / "worker.log"
    worker = database.worker | {"DANCU_LOG_SIGNER_URL": place}
    is_up = partial(_has_said, log, "worker.started")
    yield stack.enter_context(_running("worker", [*program, "worker"], worker, is_up, log))


@contextmanager
def _running(
    name: str, command: list[str], environment: dict[str, str], is_up: Callable[[], bool], log: Path
) -> Iterator[Callable[[], None]]:
    """Run a child process, give what waits until it *is_up*, and end it afterwards."""
    plain = {key: value for key, value in os.environ.items() if not key.startswith("DANCU_")}
    child = None
    with log.open("wb") as file:
        try:
            with _signals_waiting():
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
            yield partial(_wait_until_ready, name, child, is_up, log)
        finally:
            if child is not None:
                _end(child)


@contextmanager
def _signals_waiting() -> Iterator[None]:
    """Let signals wait, so that none comes between a child's start and our knowing of it."""
    came = list[int]()
    earlier = {number: signal.getsignal(number) for number in _SIGNALS}
    for number, handler in earlier.items():
        if callable(handler):
            signal.signal(number, lambda caught, _: came.append(caught))
    try:
        yield
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)
    for got in came:
        signal.raise_signal(got)


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _wait_until_ready(
    name: str, child: subprocess.Popen[bytes], is_up: Callable[[], bool], log: Path
) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and child.poll() is None:
        if is_up():
            return
        _pause(0.1)
    last = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LAST_LINES:])
    raise ConfigurationError(f"the {name} did not become ready; the end of {log}:\n{last}")


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False, timeout=2).is_success
    except httpx.TransportError:
        return False


def _has_said(log: Path, words: str) -> bool:
    return words in log.read_text(encoding="utf-8", errors="replace")


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
  all accounts     {log.with_name("secrets.json")}
  the log's key    {database.log_verifier}
  all that it kept {log.parent} (begin anew: --fresh)

Press Ctrl-C to stop.""",
        markup=False,
    )
    while True:
        _pause(1)


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


def _pause(seconds: float) -> None:
    time.sleep(seconds)  # signal.pause() would not see a signal that came just before it
    if _stopping.is_set():
        raise KeyboardInterrupt


def _stop(_signal: int, _frame: FrameType | None) -> None:
    # Python drops what is raised in a finalizer or a weak reference's callback, where a signal may find us.
    _stopping.set()
    raise KeyboardInterrupt
