"""A month older than all others of a log, with records as the others have them, that may be ended.

The log that searches are measured in stays as it is: each run adds a month of its own before what is there,
and a month that was ended never comes back.
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from multiprocessing import get_context
from typing import Final

import asyncpg
from sqlalchemy.ext.asyncio import create_async_engine

from app.audit.keyring import Keyring, MonthKeyMaker
from app.audit.partitions import months_around
from app.audit.retention import ended_months, stored_months
from app.audit.sealing import RootKey
from app.cli.invented import AUTHORITY
from app.database.address import sqlalchemy_address
from bench.volume_chains import write_stretch
from bench.volume_filling import Filling, copy_records, load_keys
from bench.volume_ground import Ground, take_into_tree
from bench.volume_lookups import Stretch
from bench.volume_world import Size, World

_PROCESSES: Final = 2
TABLES: Final = ("audit_record", "audit_search_tag", "audit_batch")


@dataclass(frozen=True, slots=True)
class OldMonth:
    """A month that is old enough to go, and which leaves of the tree are its records."""

    month: str
    first_leaf: int
    end_leaf: int


@dataclass(frozen=True, slots=True)
class _Part:
    """One stretch of the month, and where it goes."""

    url: str = field(repr=False)
    root: RootKey
    size: Size
    stretch: Stretch


def add_old_month(ground: Ground, records: int) -> OldMonth:
    """Write a month of so many records before the oldest there is or was, and take it into the tree."""
    month = asyncio.run(_make_month(ground))
    first_leaf = asyncio.run(take_into_tree(ground.owner_url, ground.folder))
    start = date.fromisoformat(f"{month}-01")
    last_day = (start + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    size = Size(records, 1, last_day, ground.world.size.seed)
    stretches = Filling(ground.owner_url, ground.root, size).stretches
    parts = [_Part(ground.owner_url, ground.root, size, stretch) for stretch in stretches]
    with ProcessPoolExecutor(_PROCESSES, mp_context=get_context("spawn")) as pool:
        for _ in pool.map(_write_one, parts):
            pass
    end_leaf = asyncio.run(take_into_tree(ground.owner_url, ground.folder))
    return OldMonth(month, first_leaf, end_leaf)


def table_of(name: str, month: str) -> str:
    """Return what the partition of *month* is called."""
    return f"{name}_{month.replace('-', '_')}"


def month_before(months: Sequence[str]) -> str:
    """Return the month before the earliest of *months*."""
    return months_around(_start(min(months)), 1, 0)[0]


def month_after(months: Sequence[str]) -> str:
    """Return the month after the last of *months*."""
    return months_around(_start(max(months)), 0, 1)[1]


def _start(month: str) -> datetime:
    return datetime.fromisoformat(f"{month}-01").replace(tzinfo=UTC)


async def _make_month(ground: Ground) -> str:
    """Make a place and a key for the month before all, also before those that were ended; return it."""
    engine = create_async_engine(sqlalchemy_address(ground.owner_url), hide_parameters=True)
    try:
        async with engine.begin() as connection:
            stored = [one.month for one in await stored_months(connection)]
            month = month_before([*stored, *await ended_months(connection)])
            await MonthKeyMaker(AUTHORITY, ground.root, ground.audit_root).make(connection, [month])
    finally:
        await engine.dispose()
    owner = await asyncpg.connect(ground.owner_url)
    try:
        await owner.execute("select audit_make_month($1)", date.fromisoformat(f"{month}-01"))
    finally:
        await owner.close()
    return month


def _write_one(part: _Part) -> None:
    asyncio.run(_write(part))


async def _write(part: _Part) -> None:
    connection = await asyncpg.connect(part.url, server_settings={"synchronous_commit": "off"})
    try:
        world = World(part.size)
        keys = await load_keys(connection, Keyring(part.root), world.months)
        written = write_stretch(world, part.stretch, keys)
        async with connection.transaction():
            await copy_records(connection, written)
    finally:
        await connection.close()
