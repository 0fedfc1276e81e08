"""Small volumes that run full, and a server on them that its supervisor starts again whenever it ends."""

import asyncio
import contextlib
import os
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg

from app.background import Background
from tests.durability.servers import Origin, Server, execute

DATA_MEGABYTES: Final = 256
WAL_MEGABYTES: Final = 192  # far more than WAL takes by itself: what the ballast gives back must do
_SEGMENTS: Final = "32MB"
_RESTART_SECONDS: Final = 0.3
_PATIENCE_SECONDS: Final = 60
_PAUSE_SECONDS: Final = 0.02


def missing() -> str | None:
    """Return why no volumes can be made here; None where they can."""
    if os.geteuid() != 0:
        return "small volumes are mounted, which needs root"
    try:
        with tempfile.TemporaryDirectory() as folder, a_volume(Path(folder, "trial"), 1):
            return None
    except (OSError, subprocess.CalledProcessError):
        return "small volumes cannot be mounted, although this is root"


@dataclass(frozen=True, slots=True)
class Volume:
    """A small file system of its own."""

    path: Path

    @property
    def _ballast(self) -> Path:
        return self.path / "ballast"

    def fill(self) -> None:
        """Leave no block free."""
        with self._ballast.open("ab", buffering=0) as file:
            for size in (1 << 20, 1 << 12):
                with contextlib.suppress(OSError):
                    while True:
                        file.write(bytes(size))

    def relieve(self) -> None:
        """Give the space back."""
        self._ballast.unlink()


@contextmanager
def a_volume(path: Path, megabytes: int) -> Iterator[Volume]:
    """Mount a file system of so many megabytes at *path*."""
    path.mkdir()
    options = f"size={megabytes}m,mode=0755"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "dancu", path], check=True)  # noqa: S603, S607
    try:
        yield Volume(path)
    finally:
        subprocess.run(["umount", "--lazy", path], check=True)  # noqa: S603, S607
        path.rmdir()


class Supervisor(Background):
    """Starts the server again whenever it has ended, as systemd does with Restart=on-failure."""

    def __init__(self, server: Server) -> None:
        """Mind *server*."""
        self._server = server
        self.restarts = 0

    async def _run(self) -> None:
        while True:
            if not self._server.is_running:
                self._server.kill()
                self._server.launch()
                self.restarts += 1
            await asyncio.sleep(_RESTART_SECONDS)


@dataclass(frozen=True, slots=True)
class Site:
    """A supervised server, its data on one small volume and its WAL on another."""

    server: Server
    data: Volume
    wal: Volume
    supervisor: Supervisor

    async def use_up_wal(self) -> None:
        """Let a forgotten slot keep all WAL, fill its volume, and write on until no start succeeds."""
        await execute(self.server.url(), "select pg_create_physical_replication_slot('forgotten', true)")
        in_vain = self.supervisor.restarts + 2
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while self.supervisor.restarts < in_vain:
                self.wal.fill()
                with contextlib.suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                    await execute(self.server.url(), "select pg_logical_emit_message(false, 'fill', 'x')")
                    await execute(self.server.url(), "select pg_switch_wal()")
                await asyncio.sleep(_PAUSE_SECONDS)

    async def forget_wal(self) -> None:
        """Drop that slot."""
        await execute(self.server.url(), "select pg_drop_replication_slot('forgotten')")
        await execute(self.server.url(), "checkpoint")


@asynccontextmanager
async def a_site(origin: Origin, name: str) -> AsyncIterator[Site]:
    """Run a copy of the origin's cluster on two small volumes."""
    with ExitStack() as stack:
        data = stack.enter_context(a_volume(origin.folder / f"{name}-data", DATA_MEGABYTES))
        wal = stack.enter_context(a_volume(origin.folder / f"{name}-wal", WAL_MEGABYTES))
        server = Server(origin, name, data.path / "data")
        server.copy_from(origin.address, f"--waldir={wal.path / 'wal'}")
        server.own(wal.path / "wal")
        for setting in ("min_wal_size", "max_wal_size"):
            server.configure(setting, _SEGMENTS)
        # The supervisor restarts it. PostgreSQL 18, restarting itself without space and with callers at the
        # door, was seen to stay, its start-up process dead, and to turn everybody away for good.
        server.configure("restart_after_crash", "off")
        await asyncio.to_thread(server.start)
        stack.callback(server.kill)
        async with Supervisor(server) as supervisor:
            yield Site(server, data, wal, supervisor)
