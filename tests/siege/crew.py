"""What is under siege, kept running as a service manager would: killed, it starts again at once."""

import asyncio
import os
from abc import ABC, abstractmethod
from contextlib import suppress
from pathlib import Path
from signal import SIGKILL
from typing import Final, Self

from app.database.embedded import EmbeddedServer
from app.database.embedded_account import EmbeddedPostgresError
from app.database.embedded_orphans import _survivors, cluster_name
from tests.crash.processes import fork_context
from tests.siege.programs import Program, run_program

_LOOK_SECONDS: Final = 0.05
_PAUSE_SECONDS: Final = 0.2  # after one that ended by itself


class Member(ABC):
    """One of those under siege; `ready` is set while it works."""

    def __init__(self, name: str, weight: int) -> None:
        self.name = name
        self.weight = weight
        self.kills = 0
        self.own_ends = 0
        self.ready = asyncio.Event()
        self._keeping: asyncio.Task[None] | None = None
        self._must_stop = False
        self._is_struck = False

    async def __aenter__(self) -> Self:
        self._keeping = asyncio.create_task(self._keep(), name=self.name)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._must_stop = True
        await self.end_now()
        if self._keeping is not None:
            self._keeping.cancel()
            with suppress(asyncio.CancelledError):
                await self._keeping
        await self.end_now()  # what it may have started meanwhile

    async def kill(self) -> bool:
        """Kill it as it is now; False where there is nothing to kill, since it is between two lives."""
        self._is_struck = True
        was_there = await self.end_now()
        self._is_struck = was_there
        self.kills += was_there
        return was_there

    async def _keep(self) -> None:
        while not self._must_stop:
            self._is_struck = False
            await self.live()
            self.ready.clear()
            if not self._is_struck and not self._must_stop:
                self.own_ends += 1
                await asyncio.sleep(_PAUSE_SECONDS)

    @abstractmethod
    async def live(self) -> None:
        """Start it and return when it has ended."""

    @abstractmethod
    async def end_now(self) -> bool:
        """End it with SIGKILL, and all it started; False where it is not there."""


class ProgramMember(Member):
    """A command of ours."""

    def __init__(self, program: Program, folder: Path) -> None:
        super().__init__(program.name, program.weight)
        self._program = program
        self._log = folder / f"{program.name}.log"
        self._pid: int | None = None

    async def live(self) -> None:
        """See Member."""
        program = self._program
        written = self._log.stat().st_size if self._log.exists() else 0
        arguments = (program.arguments, dict(program.environment), self._log)
        process = fork_context().Process(target=run_program, args=arguments, daemon=True)
        process.start()
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.add_reader(process.sentinel, ended.set)
        self._pid = process.pid
        watching = asyncio.create_task(self._watch(written))
        try:
            await ended.wait()
        finally:
            self._pid = None
            watching.cancel()
            loop.remove_reader(process.sentinel)
            if not ended.is_set():
                process.kill()
            process.join()
            process.close()

    async def end_now(self) -> bool:
        """See Member."""
        if self._pid is None:
            return False
        pid, self._pid = self._pid, None
        self.ready.clear()
        try:
            os.killpg(pid, SIGKILL)
        except ProcessLookupError:  # not yet the leader of its group, or gone by itself
            with suppress(ProcessLookupError):
                os.kill(pid, SIGKILL)
        return True

    async def _watch(self, written: int) -> None:
        while not await self._program.is_ready(self._words(written)):  # noqa: ASYNC110 - another process
            await asyncio.sleep(_LOOK_SECONDS)
        self.ready.set()

    def _words(self, since: int) -> str:
        if not self._log.exists():
            return ""
        return self._log.read_bytes()[since:].decode(errors="replace")


class PostgresMember(Member):
    """PostgreSQL with all its processes, as a power cut ends them."""

    def __init__(self, server: EmbeddedServer, weight: int) -> None:
        super().__init__("postgres", weight)
        if server._postmaster is None:
            raise ValueError("the server must have been started")
        self._postmaster = server._postmaster
        self._account = self._postmaster._programs.account
        self._name = cluster_name(server._data.path)
        self._is_over = asyncio.Event()  # the killing: the next server must not be taken for the last one
        self._is_over.set()

    async def live(self) -> None:
        """See Member."""
        await self._is_over.wait()
        if not self._postmaster.is_running:
            try:
                await asyncio.to_thread(self._start)
            except EmbeddedPostgresError:  # killed while it recovered
                return
        self.ready.set()
        while self._postmaster.is_running:  # noqa: ASYNC110 - a process, which tells it by nothing else
            await asyncio.sleep(_LOOK_SECONDS)

    async def end_now(self) -> bool:
        """See Member."""
        self.ready.clear()
        if self._must_stop:
            return False  # whoever started the server ends it, in order
        self._is_over.clear()
        try:
            return await asyncio.to_thread(self._end_all)
        finally:
            self._is_over.set()

    def _start(self) -> None:
        self._postmaster.stop()  # reaps the dead one, and waits for what it left
        self._postmaster.start()

    def _end_all(self) -> bool:
        """Kill the postmaster before its children: a live one would notice, and mend what is left."""
        was_there = False
        while found := _survivors(self._name, self._account):
            was_there = True
            for survivor in sorted(found, key=lambda one: not one.is_postmaster):
                with suppress(ProcessLookupError):
                    os.kill(survivor.pid, SIGKILL)
        return was_there
