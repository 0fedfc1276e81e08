"""Connections to PostgreSQL, all with limits on how long anything may take."""

from collections.abc import Awaitable, Callable
from typing import Final

import asyncpg
from sqlalchemy import event
from sqlalchemy.engine import AdaptedConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from app.database.address import asyncpg_address, sqlalchemy_address

_CONNECT_SECONDS: Final = 3.0
_STATEMENT_MILLISECONDS: Final = "15000"
_SERVER_SETTINGS: Final = {
    "statement_timeout": _STATEMENT_MILLISECONDS,
    "lock_timeout": "5000",
    "idle_in_transaction_session_timeout": "15000",
    "application_name": "dancu",
}


def open_engine(url: str, *, pool_size: int = 5) -> AsyncEngine:
    """Return a pooled engine; connections open when first used. Parameters stay out of errors and logs."""
    engine = create_async_engine(
        sqlalchemy_address(url),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=_CONNECT_SECONDS,
        hide_parameters=True,
        connect_args={"timeout": _CONNECT_SECONDS, "server_settings": dict(_SERVER_SETTINGS)},
    )
    # Not "pool_pre_ping", three round trips at each use: asyncpg hears at once when a server goes.
    event.listen(engine.sync_engine, "checkout", _refuse_closed)
    return engine


def _refuse_closed(connection: AdaptedConnection, *_: object) -> None:
    """Let the pool open another connection in place of one that was closed from the other side."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError


def connector(url: str, **settings: str) -> Callable[[], Awaitable[asyncpg.Connection]]:
    """Return a function that opens one raw connection, for the tasks that keep theirs for themselves."""

    async def connect() -> asyncpg.Connection:
        return await asyncpg.connect(
            asyncpg_address(url), timeout=_CONNECT_SECONDS, server_settings={**_SERVER_SETTINGS, **settings}
        )

    return connect
