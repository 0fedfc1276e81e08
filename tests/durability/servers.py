"""PostgreSQL servers that are copied, killed and frozen."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, quote, urlsplit

import asyncpg

from app.database.embedded_account import ServerAccount, choose_account, prepare_state_directory
from app.database.embedded_binaries import ENVIRONMENT, Binaries, find_binaries, runnable_binaries
from app.database.embedded_postmaster import FORGETFUL_SETTINGS, SETTINGS
from app.database.embedded_process import SUPERUSER, Programs
from tests.cluster import PostgresCluster

_READY_SECONDS: Final = 20
_END_SECONDS: Final = 2
_PAUSE_SECONDS: Final = 0.02
_LOCAL: Final = Path("127.0.0.1")
_REPLICATING: Final = {
    "wal_keep_size": "64MB",
    "wal_retrieve_retry_interval": "100ms",
    "wal_sender_timeout": "20s",
}


def copier_of(binaries: Path | None = None) -> Path:
    """Return the program that copies a running server; beside the others, but it need not be there."""
    return find_binaries(binaries).directory / "pg_basebackup"


@dataclass
class Origin:
    """The running cluster that servers are first copied from, with the programs it runs."""

    programs: Binaries
    copier: Path
    folder: Path
    account: ServerAccount
    address: str
    password: str = field(repr=False)

    @classmethod
    def of(cls, cluster: PostgresCluster, folder: Path, binaries: Path | None = None) -> "Origin":
        """Return what *cluster* is, for copies in *folder*; *binaries* as the cluster was given them."""
        server = cluster.server
        account = choose_account(server.state_directory / "data")
        prepare_state_directory(folder, account)
        programs = runnable_binaries(find_binaries(binaries), account, server.state_directory)
        place = parse_qs(urlsplit(server.url()).query)
        address = f"host={place['host'][0]} port={place['port'][0]}"
        return cls(programs, copier_of(binaries), folder, account, address, server.superuser_password)


class Server:
    """One PostgreSQL server with a data directory and a port that stays its own."""

    def __init__(self, origin: Origin, name: str, data: Path | None = None, *, durable: bool = False) -> None:
        """Serve *data*, by default a folder named after the server."""
        self.name = name
        self.port = _free_port()
        self.data = data or origin.folder / name
        self.log_path = origin.folder / f"{name}.log"
        self._origin = origin
        self._settings = SETTINGS | _REPLICATING | ({} if durable else FORGETFUL_SETTINGS)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Where it listens, as libpq writes it."""
        return f"host=127.0.0.1 port={self.port}"

    @property
    def is_running(self) -> bool:
        """Whether its first process is there."""
        return self._process is not None and self._process.poll() is None

    def url(self, database: str = "postgres", user: str = SUPERUSER, password: str | None = None) -> str:
        """Return its own address."""
        secret = quote(self._origin.password if password is None else password, safe="")
        return f"postgresql://{user}:{secret}@127.0.0.1:{self.port}/{database}"

    def copy_from(self, address: str, *options: str) -> None:
        """Take a base backup of the server at *address* as the data of this one."""
        shutil.rmtree(self.data, ignore_errors=True)
        subprocess.run(  # noqa: S603 - a program we found ourselves, no shell
            [
                self._origin.copier,
                f"--dbname={address} user={SUPERUSER} application_name={self.name}",
                f"--pgdata={self.data}",
                "--checkpoint=fast",
                "--no-sync",
                "--no-manifest",
                *options,
            ],
            check=True,
            env=ENVIRONMENT | {"PGPASSWORD": self._origin.password},
            stdin=subprocess.DEVNULL,
            timeout=_READY_SECONDS,
        )
        self.own(self.data)

    def own(self, folder: Path) -> None:
        """Give *folder* and all in it to the account that runs the server."""
        for path in (folder, *folder.rglob("*")):
            self._origin.account.take(path)

    def configure(self, name: str, value: str) -> None:
        """Set what ALTER SYSTEM can change again, before the server runs."""
        with (self.data / "postgresql.auto.conf").open("a", encoding="utf-8") as file:
            file.write(f"{name} = '{value}'\n")

    def launch(self) -> None:
        """Start the process and do not wait."""
        settings = self._settings | {
            "listen_addresses": str(_LOCAL),
            "port": str(self.port),
            "unix_socket_directories": "",
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        self._process = self._programs().start("postgres", "-D", str(self.data), *options)

    def start(self) -> None:
        """Start and return when it takes connections; RuntimeError with its last words otherwise."""
        self.launch()
        until = time.monotonic() + _READY_SECONDS
        while not self.accepts:
            if not self.is_running or time.monotonic() > until:
                raise RuntimeError(f"{self.name} does not start: {self.last_words()}")
            time.sleep(_PAUSE_SECONDS)

    @property
    def accepts(self) -> bool:
        """Whether it takes connections."""
        return self.is_running and self._programs().is_accepting(_LOCAL, self.port)

    def kill(self) -> None:
        """End all its processes at once, as a machine that loses its power."""
        process, self._process = self._process, None
        if process is None or process.poll() is not None:  # once reaped, its number may be another's
            return
        family = [process.pid, *_children(process.pid)]
        _signal(family, signal.SIGKILL)
        process.wait()
        until = time.monotonic() + _END_SECONDS  # no longer: a number may soon be another process's
        while any(Path("/proc", str(pid), "cwd").exists() for pid in family[1:]) and time.monotonic() < until:
            time.sleep(_PAUSE_SECONDS)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Stop all its processes meanwhile: connections stay, nothing answers."""
        if self._process is None:
            raise RuntimeError(f"{self.name} does not run")
        family = [self._process.pid, *_children(self._process.pid)]
        _signal(family, signal.SIGSTOP)
        try:
            yield
        finally:
            _signal(family, signal.SIGCONT)

    def last_words(self) -> str:
        """Return the end of its log."""
        return self._programs().last_words()

    def _programs(self) -> Programs:
        return Programs(self._origin.programs, self._origin.account, self.log_path)


async def ask(url: str, query: str, *values: object) -> object:
    """Return one value."""
    connection = await asyncpg.connect(url, timeout=10)
    try:
        return await connection.fetchval(query, *values)
    finally:
        await connection.close(timeout=10)


async def execute(url: str, statement: str) -> None:
    """Run one statement."""
    await ask(url, statement)


def _children(parent: int) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            after_name = (folder / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2]
            if int(after_name.split()[1]) == parent:
                found.append(int(folder.name))
    return found


def _signal(processes: list[int], number: signal.Signals) -> None:
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, number)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
