"""Connections to PostgreSQL, all with limits on how long anything may take."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import asyncpg
from sqlalchemy import event
from sqlalchemy.engine import AdaptedConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from app.database.address import TAKES_WRITES, asyncpg_address, servers_of, sqlalchemy_address

_CONNECT_SECONDS: Final = 3.0
_STATEMENT_MILLISECONDS: Final = "15000"
# After what the server allows a statement: it does not end a commit that waits for its standby.
_PATIENCE_SECONDS: Final = 16.0
_SERVER_SETTINGS: Final = {
    "statement_timeout": _STATEMENT_MILLISECONDS,
    "lock_timeout": "5000",
    "idle_in_transaction_session_timeout": "15000",
    "application_name": "dancu",
}
_SEARCHING: Final = {
    # A plan that is kept for all values knows neither which months are meant nor how rare a citizen is: the
    # sixth search of a kind would take seconds.
    "plan_cache_mode": "force_custom_plan",
    # What a search reads is little, and whoever serves lookups has a use for the other cores.
    "max_parallel_workers_per_gather": "0",
}
# What lets the next server have its turn: away, starting or ending, or not the one that may be written to.
_NOT_HERE: Final = (
    OSError,
    TimeoutError,
    asyncpg.CannotConnectNowError,
    asyncpg.ConnectionDoesNotExistError,
    asyncpg.TargetServerAttributeNotMatched,
)


def open_searching_engine(url: str, *, pool_size: int) -> AsyncEngine:
    """Return what `open_engine` does, for searches through many months, each planned for its own values."""
    return open_engine(url, pool_size=pool_size, settings=_SEARCHING)


def open_engine(
    url: str,
    *,
    pool_size: int = 5,
    patience_seconds: float = _PATIENCE_SECONDS,
    settings: Mapping[str, str] | None = None,
) -> AsyncEngine:
    """Return a pooled engine; connections open when first used. Parameters stay out of errors and logs.

    Whatever takes longer than *patience_seconds* ends with TimeoutError. *settings* are the sessions'.
    """
    own = dict(settings or {})
    several = {"async_creator": connector(url, patience_seconds, **own)} if servers_of(url) else {}
    engine = create_async_engine(
        sqlalchemy_address(url),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=_CONNECT_SECONDS,
        hide_parameters=True,
        connect_args={
            "timeout": _CONNECT_SECONDS,
            "command_timeout": patience_seconds,
            "server_settings": _SERVER_SETTINGS | own,
        },
        **several,
    )
    # Not "pool_pre_ping", three round trips at each use: asyncpg hears at once when a server goes.
    event.listen(engine.sync_engine, "checkout", _refuse_closed)
    return engine


def _refuse_closed(connection: AdaptedConnection, *_: object) -> None:
    """Let the pool open another connection in place of one that was closed from the other side."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError


def connector(
    url: str, patience_seconds: float | None = None, /, **settings: str
) -> Callable[[], Awaitable[asyncpg.Connection]]:
    """Return a function that opens one raw connection, for the tasks that keep theirs for themselves.

    Without *patience_seconds* they bound their waits themselves.

    Where the address names several servers they are tried in turn for the one that takes writes, each for its
    share of the time, beginning with the one that was it last; ConnectionError where none of them is.
    """
    address, server_settings = asyncpg_address(url), {**_SERVER_SETTINGS, **settings}
    servers = servers_of(url)

    async def connect() -> asyncpg.Connection:
        return await asyncpg.connect(
            address,
            timeout=_CONNECT_SECONDS,
            command_timeout=patience_seconds,
            server_settings=server_settings,
        )

    async def connect_to_one() -> asyncpg.Connection:
        # asyncpg would try them in turn too, but a machine that is silent would use up all the time.
        for host, port in tuple(servers):
            try:
                connection = await asyncpg.connect(
                    address,
                    host=host,
                    port=port,
                    target_session_attrs=TAKES_WRITES,
                    timeout=_CONNECT_SECONDS / len(servers),
                    command_timeout=patience_seconds,
                    server_settings=server_settings,
                )
            except _NOT_HERE:
                continue
            servers.remove((host, port))
            servers.insert(0, (host, port))
            return connection
        raise ConnectionError("none of the database's servers takes connections")

    return connect_to_one if servers else connect
