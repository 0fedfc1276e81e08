"""Work that a command does on the database, in one transaction as the owner."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from app.cli.settings import administration_url, read_settings
from app.database.address import sqlalchemy_address

T = TypeVar("T")


def run(work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    """Return what *work* answers, once it is committed; an error of its own rolls everything back."""
    settings, _ = read_settings()
    return asyncio.run(_in_transaction(sqlalchemy_address(administration_url(settings)), work))


async def _in_transaction(url: str, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
    engine = create_async_engine(url, hide_parameters=True)
    try:
        async with engine.begin() as connection:
            return await work(connection)
    finally:
        await engine.dispose()
