"""One embedded PostgreSQL for the whole test session, with databases that cost milliseconds.

Fill a template once, then give each test a copy of it: see PostgresCluster. Import the fixture
`postgres_cluster` in a conftest.py to have it.
"""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from uuid import uuid4

import asyncpg
import pytest

from app.database.embedded import EmbeddedServer

_FIRST_WITH_SHORT_LOG_INS: Final = 16
_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - only mkdtemp writes there
_ROOM: Final = 2 * 2**30
"""Free bytes wanted there: each worker has a cluster, of some two hundred megabytes."""


class PostgresCluster:
    """Makes and drops databases on a running embedded server.

    Each call opens its own connection, so it may be used from any event loop.
    """

    def __init__(self, server: EmbeddedServer) -> None:
        self.server = server
        self._templates: set[str] = set()

    def url(self, database: str, user: str = "postgres", password: str | None = None) -> str:
        """Return `postgresql://…` for asyncpg; without a password, with the superuser's."""
        return self.server.url(user, database, password)

    def sqlalchemy_url(self, database: str, user: str = "postgres", password: str | None = None) -> str:
        """Return `postgresql+asyncpg://…` for SQLAlchemy."""
        return self.server.sqlalchemy_url(user, database, password)

    async def create_database(self, template: str | None = None) -> str:
        """Make an empty database, or a copy of a template, and return its name."""
        name = f"test_{uuid4().hex}"
        await self._create(name, template or "template0")
        return name

    async def drop_database(self, name: str) -> None:
        """Drop a database, ending the connections still open on it."""
        await self._run(f'DROP DATABASE "{name}" WITH (FORCE)')

    async def make_template(self, name: str, fill: Callable[[str], Awaitable[None]]) -> None:
        """Make a template once in the session: `fill` gets the `postgresql://…` URL of an empty database.

        If `fill` fails nothing is left, and the next call tries again.
        """
        if name in self._templates:
            return
        await self._create(name, "template0")
        try:
            await fill(self.url(name))
            await self._close_to_connections(name)
        except BaseException:
            await self.drop_database(name)
            raise
        self._templates.add(name)

    async def _create(self, name: str, template: str) -> None:
        # FILE_COPY: without fsync its two checkpoints cost less than logging every page
        # (40 small tables: 4 ms to 6 ms for WAL_LOG, PostgreSQL 18).
        await self._run(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')

    async def _close_to_connections(self, name: str) -> None:
        """A template can be copied only while nobody is connected to it."""
        await self._run(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS false')
        await self._run(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1", name
        )

    async def _run(self, statement: str, *values: object) -> None:
        connection = await asyncpg.connect(self.url("postgres"))
        try:
            await connection.execute(statement, *values)
        finally:
            await connection.close()


@contextmanager
def running_cluster(binaries: Path | None = None) -> Iterator[PostgresCluster]:
    """Give a cluster in a temporary folder, which goes with it; *binaries* as EmbeddedServer takes them."""
    # Not pytest's tmp_path: as root that lies in a folder the server's account may not pass.
    folder = Path(tempfile.mkdtemp(prefix="dancu-tests-", dir=_in_memory()))
    try:
        with EmbeddedServer(folder, durable=False, binaries=binaries) as server:
            asyncio.run(_shorten_log_ins(server))
            yield PostgresCluster(server)
    finally:
        shutil.rmtree(folder)


async def _shorten_log_ins(server: EmbeddedServer) -> None:
    """Let roles made from now on, and the superuser, prove their passwords in one round instead of 4096."""
    connection = await asyncpg.connect(server.url())
    try:
        if connection.get_server_version().major < _FIRST_WITH_SHORT_LOG_INS:
            return
        await connection.execute("alter system set scram_iterations = 1")
        await connection.execute("select pg_reload_conf()")
        await connection.execute("set scram_iterations = 1")
        await connection.execute(f"alter role postgres password '{server.superuser_password}'")
    finally:
        await connection.close()


def _in_memory() -> Path | None:
    """Return a folder in memory with room for a cluster, if this machine has one; None is the usual place.

    A database is hundreds of small files, and ext4 is slow at making files where others have just been
    deleted: on disk that was a fifth of the suite's processor time.
    """
    if not os.access(_MEMORY, os.W_OK | os.X_OK):
        return None
    if os.statvfs(_MEMORY).f_flag & os.ST_NOEXEC:  # the server's programs may have to be copied beside it
        return None
    return _MEMORY if shutil.disk_usage(_MEMORY).free >= _ROOM else None


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[PostgresCluster]:
    """One cluster for the session."""
    with running_cluster() as cluster:
        yield cluster
