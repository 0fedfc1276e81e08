"""Child processes that start quickly, report through a pipe and are ended by SIGKILL."""

import asyncio
import multiprocessing
import os
import signal
import socket
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerContext, ForkServerProcess
from multiprocessing.sharedctypes import RawValue
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol
from uuid import UUID

_PRELOADED: Final = ["tests.crash.child", "tests.crash.national_side", "tests.siege.programs"]
_END_SECONDS: Final = 10


class Report(NamedTuple):
    """What a child says: `handed` and `durable` of a record, `seen` of a question, `reached` of a barrier."""

    event: str
    lookup_id: UUID | None
    kind: str = ""
    outcome: str = ""


class Countdown(Protocol):
    """A number both processes see; a child acts when it has counted it down to nought."""

    value: int


@dataclass(frozen=True, slots=True)
class Link:
    """What a child is given: where to listen, report, log, and when to act."""

    listener: socket.socket
    reports: Connection
    countdown: Countdown
    log_path: Path

    def settle_in(self) -> None:
        """Send what this process prints to its log file, and end it when the one that started it is gone."""
        settle_in(self.log_path)


def settle_in(log_path: Path) -> None:
    """Send what this process prints to a file, and end it when the one that started it is gone."""
    log = os.open(log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    threading.Thread(target=_die_with_parent, daemon=True).start()


class Child:
    """A running child as its parent sees it; `reports` grows while the parent's event loop runs."""

    def __init__(
        self, process: ForkServerProcess, port: int, reports: Connection, countdown: Countdown
    ) -> None:
        self.port = port
        self.reports: list[Report] = []
        self.heard = asyncio.Event()
        self.reached = asyncio.Event()
        self.has_ended = asyncio.Event()
        self._process = process
        self._pipe = reports
        self._countdown = countdown
        loop = asyncio.get_running_loop()
        loop.add_reader(reports.fileno(), self._read)
        loop.add_reader(process.sentinel, self._note_end)

    def stop_at(self, passage: int) -> None:
        """Let the child act at the so-many-th passage from now."""
        self._countdown.value = passage

    async def kill(self) -> int | None:
        """End the process with SIGKILL and return its exit code, once it is gone and its pipe is read."""
        self._process.kill()
        async with asyncio.timeout(_END_SECONDS):
            await self.has_ended.wait()
        self._process.join()
        exit_code = self._process.exitcode
        self._read()
        self._stop_reading()
        self._process.close()
        return exit_code

    def _read(self) -> None:
        try:
            while not self._pipe.closed and self._pipe.poll():
                report = self._pipe.recv()
                self.reports.append(report)
                self.heard.set()
                if report.event == "reached":
                    self.reached.set()
        except (EOFError, OSError):  # the child is gone, maybe in the middle of a word
            self._stop_reading()

    def _stop_reading(self) -> None:
        if not self._pipe.closed:
            asyncio.get_running_loop().remove_reader(self._pipe.fileno())
            self._pipe.close()

    def _note_end(self) -> None:
        asyncio.get_running_loop().remove_reader(self._process.sentinel)
        self.has_ended.set()


def start_child(run: Callable[..., None], log_path: Path, *arguments: Any) -> Child:
    """Start `run(link, *arguments)` in a process forked from one that has everything imported."""
    context = fork_context()
    ours, theirs = context.Pipe(duplex=False)
    countdown: Countdown = RawValue("i", 0)
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        link = Link(listener, theirs, countdown, log_path)
        process = context.Process(target=run, args=(link, *arguments), daemon=True)
        process.start()
        port = int(listener.getsockname()[1])
    theirs.close()
    return Child(process, port, ours, countdown)


@asynccontextmanager
async def running_child(run: Callable[..., None], log_path: Path, *arguments: Any) -> AsyncIterator[Child]:
    """Run a child that is killed at the end."""
    child = start_child(run, log_path, *arguments)
    try:
        yield child
    finally:
        await child.kill()


def sleep_for_ever() -> None:
    """Stop this process, event loop and all, until somebody kills it."""
    while True:
        signal.pause()


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGKILL)


def fork_context() -> ForkServerContext:
    """Return what starts processes from one that has everything imported."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    return context
