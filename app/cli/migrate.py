"""`dancu migrate`: the schema."""

import asyncio
from typing import Annotated

import typer

from app.audit.partitions import make_partitions
from app.cli.console import done
from app.cli.settings import administration_url, read_settings
from app.database import migrate as migrations
from app.database.address import sqlalchemy_address
from app.database.connect import connector


def migrate(
    revision: Annotated[str, typer.Argument(help="how far; everything by default")] = "head",
    check_only: Annotated[
        bool, typer.Option("--check", help="only say whether anything is pending (exit code 1)")
    ] = False,
) -> None:
    """Bring the database to the schema this release needs; repeating it changes nothing."""
    settings, _ = read_settings()
    url = sqlalchemy_address(administration_url(settings))
    if check_only:
        is_pending = asyncio.run(migrations.pending(url))
        done("migrations are pending" if is_pending else "the database is up to date")
        raise typer.Exit(1 if is_pending else 0)
    asyncio.run(migrations.upgrade(url, revision))
    if revision == "head":
        asyncio.run(_make_partitions(administration_url(settings)))
    # A later schema is never taken back, so another revision than the newest is a least one.
    done(
        f"the database is at {revision}" if revision == "head" else f"the database is at {revision} or later"
    )


async def _make_partitions(url: str) -> None:
    connection = await connector(url)()
    try:
        await make_partitions(connection)
    finally:
        await connection.close()
