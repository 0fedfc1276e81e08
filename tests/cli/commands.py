"""`dancu` as its console script runs it, in this process and as one of its own."""

import asyncio
import io
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import asyncpg
import httpx

from app.cli import main

ROOT: Final = Path(__file__).parents[2]
PATIENCE_SECONDS: Final = 90
UPSTREAM: Final = {
    "DANCU_UPSTREAM_ACCESS_KEY": "AK-TEST",
    "DANCU_UPSTREAM_SECRET_KEY": "SK-TEST",
    "DANCU_UPSTREAM_APP_NAME": "mcdt-test",
    "DANCU_UPSTREAM_PARTNER_CODE": "000.00.00.H00",
    "DANCU_UPSTREAM_PARTNER_CODE_CUSTOMER": "000.00.00.H00",
    "DANCU_UPSTREAM_KEY_NAME": "keyname-test",
    "DANCU_UPSTREAM_KEY_PASSWORD": "keypass-test",
}


@dataclass(frozen=True)
class Answer:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str

    def refuses(self, *words: str) -> bool:
        """Whether this is exit code 2 with one line of trouble that holds *words*, and nothing else."""
        is_one_line = self.err.startswith("dancu: ") and self.err.count("\n") == 1
        return self.code == 2 and not self.out and is_one_line and all(word in self.err for word in words)


def dancu(*arguments: str) -> Answer:
    """Run `dancu` with *arguments* and the environment of the test."""
    out, err = io.StringIO(), io.StringIO()
    earlier, sys.argv = sys.argv, ["dancu", *arguments]
    code: object = None
    try:
        with redirect_stdout(out), redirect_stderr(err):
            main()
    except SystemExit as ended:
        code = ended.code
    finally:
        sys.argv = earlier
    return Answer(code if isinstance(code, int) else int(code is not None), out.getvalue(), err.getvalue())


def ask(url: str, query: str, *values: object) -> Any:
    """Return the first value that the database at *url* answers."""

    async def work() -> Any:
        connection = await asyncpg.connect(url)
        try:
            return await connection.fetchval(query, *values)
        finally:
            await connection.close()

    return asyncio.run(work())


@dataclass
class Process:
    """A program of ours that runs beside the test, and the file with all it wrote."""

    popen: subprocess.Popen[bytes]
    output: Path

    @property
    def written(self) -> str:
        return self.output.read_text(encoding="utf-8", errors="replace")

    def wait_for(self, words: str, *, times: int = 1) -> None:
        """Return once the process has written *words* so many *times*."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.written.count(words) < times:
            if self.popen.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"it never said {words!r}:\n{self.written[-4000:]}")
            time.sleep(0.05)

    def wait_until_alive(self, url: str) -> None:
        """Return once *url* answers with success."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        with httpx.Client(trust_env=False, timeout=5) as http:  # one: each reads all of certifi's authorities
            while True:
                try:
                    if http.get(url).is_success:
                        return
                except httpx.TransportError:
                    pass
                if self.popen.poll() is not None or time.monotonic() > deadline:
                    raise AssertionError(f"{url} does not answer:\n{self.written[-4000:]}")
                time.sleep(0.05)

    def end(self, signal_number: int) -> int:
        """Send a signal and return the exit code."""
        self.popen.send_signal(signal_number)
        return self.popen.wait(PATIENCE_SECONDS)


@contextmanager
def a_process(output: Path, *arguments: str, environment: Mapping[str, str]) -> Iterator[Process]:
    """Run Python with *arguments* and nothing of our own environment but PATH and *environment*."""
    variables = {"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1", **environment}
    with output.open("wb") as file:
        popen = subprocess.Popen(  # noqa: S603 - our own programs
            [sys.executable, *arguments],
            cwd=output.parent,
            env=variables,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield Process(popen, output)
    finally:
        if popen.poll() is None:
            popen.terminate()
        try:
            popen.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            popen.kill()
            popen.wait()


def free_port() -> int:
    """Return a port nobody uses at present."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def a_listener(port: int = 0) -> Iterator[int]:
    """Listen on a port of 127.0.0.1 and give its number; nobody ever answers there."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen()
        yield int(listener.getsockname()[1])
