"""Starts the programs of a measurement on 127.0.0.1 and ends them, however it went."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx

from bench.failure import BenchError
from bench.processor import starting_on

HOST: Final = "127.0.0.1"
_START_SECONDS: Final = 90
_STOP_SECONDS: Final = 15
_LAST_LINES: Final = 15
_SERVER_TROUBLE: Final = 500


@contextmanager
def running(
    name: str,
    command: Sequence[str],
    *,
    ready_url: str,
    folder: Path,
    environment: Mapping[str, str] | None = None,
    cores: frozenset[int] | None = None,
) -> Iterator[int]:
    """Run a program in *folder* on *cores*, yield its process id once it answers *ready_url*, and end it.

    Raises BenchError with the end of its output where it does not become ready.
    """
    # A gateway of ours is set up by us alone.
    plain = {key: value for key, value in os.environ.items() if not key.startswith("DANCU_")}
    log = folder / f"{name}.log"
    with log.open("wb") as output:
        # A session of its own: an interrupt in the terminal reaches us first, and we end it in order.
        with starting_on(cores):
            child = subprocess.Popen(
                command,
                env=plain | dict(environment or {}),
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            _wait_until_ready(name, child, ready_url, log)
            yield child.pid
        finally:
            _end(child)


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(name: str, child: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    with httpx.Client(trust_env=False, timeout=2) as http:
        while time.monotonic() < deadline and child.poll() is None:
            try:
                if http.get(url).status_code < _SERVER_TROUBLE:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)
    last = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LAST_LINES:])
    raise BenchError(f"{name} did not become ready; the end of its output:\n{last}")


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
