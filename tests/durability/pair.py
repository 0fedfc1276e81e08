"""A primary and its synchronous standby, which change places."""

import asyncio
import time
from typing import Final

from app.database.embedded_process import SUPERUSER
from tests.durability.servers import Origin, Server, ask, execute

NAMES: Final = "ANY 1 (a, b)"
_READY_SECONDS: Final = 20
_PAUSE_SECONDS: Final = 0.02
_STREAMS: Final = (
    "select true from pg_stat_replication where state = 'streaming' and sync_state in ('sync', 'quorum')"
)
_NAMES: Final = "show synchronous_standby_names"


class Pair:
    """A primary and a synchronous standby, which change places."""

    def __init__(self, origin: Origin, *, durable: bool = False) -> None:
        """Copy the origin's cluster twice and let one copy follow the other."""
        self.primary = Server(origin, "a", durable=durable)
        self.standby = Server(origin, "b", durable=durable)
        self.primary.copy_from(origin.address)
        self.primary.configure("synchronous_standby_names", NAMES)
        self.primary.start()
        self.follow()

    def url(self, database: str, user: str = SUPERUSER, password: str | None = None) -> str:
        """Return an address that names both servers."""
        places = ",".join(f"127.0.0.1:{port}" for port in sorted((self.primary.port, self.standby.port)))
        own = self.primary.url(database, user, password)
        return own.replace(f"127.0.0.1:{self.primary.port}", places)

    def follow(self) -> None:
        """Let the standby begin anew as a copy of the primary."""
        self.standby.kill()
        self.standby.copy_from(self.primary.address, "--write-recovery-conf")
        self.standby.start()

    async def fail_over(self) -> None:
        """Lose the primary and promote the standby."""
        self.primary.kill()
        self.primary, self.standby = self.standby, self.primary
        await execute(self.primary.url(), "select pg_promote(true, 60)")

    async def until_streaming(self) -> None:
        """Wait until the standby follows closely enough to be waited for."""
        until = time.monotonic() + _READY_SECONDS
        while not await ask(self.primary.url(), _STREAMS):
            if time.monotonic() > until:
                raise RuntimeError(f"{self.standby.name} does not stream: {self.standby.last_words()}")
            await asyncio.sleep(_PAUSE_SECONDS)

    async def set_names(self, names: str) -> None:
        """Name the standbys that are waited for, as a superuser could at any time."""
        await execute(self.primary.url(), f"alter system set synchronous_standby_names = '{names}'")
        await execute(self.primary.url(), "select pg_reload_conf()")
        async with asyncio.timeout(_READY_SECONDS):
            while await ask(self.primary.url(), _NAMES) != names:  # noqa: ASYNC110 - nothing announces it
                await asyncio.sleep(_PAUSE_SECONDS)

    def end(self) -> None:
        """End both."""
        self.primary.kill()
        self.standby.kill()
