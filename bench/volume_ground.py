"""A database with an invented log of any size: its server, its roles and keys, its units and officers."""

import asyncio
import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

import asyncpg
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import create_async_engine

from app.accounts.table import OFFICER, OFFICER_POSTING
from app.audit.keyring import MonthKeyMaker
from app.audit.partitions import first_id, month_ids
from app.audit.sealing import RootKey
from app.audit.tree.sequencer import Sequencer
from app.audit.tree.signer import FileSigner
from app.cli.demo_setup import DATABASE, DemoDatabase, prepare
from app.cli.invented import AUTHORITY
from app.cli.keys import AUDIT_ROOT_KEY_FILE, ROOT_KEY_FILE
from app.clock import SystemClock
from app.database.address import sqlalchemy_address
from app.database.connect import connector
from app.database.embedded import EmbeddedServer
from app.units.table import UNIT, UNIT_SUCCESSION, UNIT_VERSION
from bench.failure import BenchError
from bench.volume_filling import Filling, finish
from bench.volume_world import Size, World

_STATE_FILE: Final = "volume.json"
_SERVER: Final = {"shared_buffers": "1GB", "effective_cache_size": "8GB", "random_page_cost": "1.1"}
_LOADING: Final = {"max_wal_size": "8GB", "checkpoint_timeout": "30min", "maintenance_work_mem": "256MB"}
_UNANALYSED: Final = """
select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = 'public' and c.relkind = 'r' order by 1
"""
_DOSSIER_AFTER: Final = """
select dossier_code from audit_record where record_id >= $1 and dossier_code is not null
order by record_id limit 1
"""


@dataclass(frozen=True, slots=True)
class Ground:
    """A running database that holds the log, and what it takes to read it."""

    world: World
    database: DemoDatabase
    owner_url: str = field(repr=False)
    audit_root: RootKey
    folder: Path

    @property
    def auditing_url(self) -> str:
        """The address under which auditors' searches run."""
        return self.database.environment["DANCU_AUDIT_DATABASE_URL"]

    @property
    def gateway_url(self) -> str:
        """The address under which gateways serve."""
        return self.database.environment["DANCU_DATABASE_URL"]

    @property
    def root(self) -> RootKey:
        """The key under which gateways write."""
        return _key(self.folder, ROOT_KEY_FILE)

    @property
    def postgres_pid(self) -> int:
        """The postmaster's."""
        pid_file = self.folder / "postgres" / "data" / "postmaster.pid"
        return int(pid_file.read_text(encoding="ascii").splitlines()[0])

    async def dossiers(self, number: int) -> list[str]:
        """Return so many dossiers that lookups were for, from all over the log."""
        shares = random.Random(self.world.size.seed)  # noqa: S311 - invented
        connection = await asyncpg.connect(self.owner_url)
        try:
            return [
                await connection.fetchval(
                    _DOSSIER_AFTER, first_id(self.world.instant(shares.random() * 0.99))
                )
                for _ in range(number)
            ]
        finally:
            await connection.close()


@contextmanager
def open_ground(folder: Path, size: Size) -> Iterator[Ground]:
    """Run a server whose data lies in *folder*, filled with what of the log is missing.

    A log of no records has its months and keys nevertheless. Raises BenchError where the folder holds a log
    of another size.
    """
    state = _state(folder, size)
    if not state["is_full"]:
        with EmbeddedServer(folder / "postgres", durable=False, settings=_SERVER | _LOADING) as server:
            _fill(server, folder, Size(**state["size"] | {"last_day": _day(state)}))
        (folder / _STATE_FILE).write_text(json.dumps(state | {"is_full": True}), encoding="utf-8")
    with EmbeddedServer(folder / "postgres", settings=_SERVER) as server:
        world = World(Size(**state["size"] | {"last_day": _day(state)}))
        yield Ground(
            world,
            prepare(server, folder),
            server.url(database=DATABASE),
            _key(folder, AUDIT_ROOT_KEY_FILE),
            folder,
        )


def _state(folder: Path, size: Size) -> dict[str, Any]:
    path = folder / _STATE_FILE
    if not path.exists():
        state = {"size": asdict(size) | {"last_day": size.last_day.isoformat()}, "is_full": False}
        path.write_text(json.dumps(state), encoding="utf-8")
    state = json.loads(path.read_text(encoding="utf-8"))
    kept = Size(**state["size"] | {"last_day": _day(state)})
    if (kept.records, kept.months, kept.seed) != (size.records, size.months, size.seed):
        raise BenchError(f"{folder} holds a log of {kept.records} records over {kept.months} months")
    return dict(state)


def _day(state: dict[str, Any]) -> date:
    return date.fromisoformat(state["size"]["last_day"])


def _fill(server: EmbeddedServer, folder: Path, size: Size) -> None:
    prepare(server, folder)
    owner_url, world = server.url(database=DATABASE), World(size)
    root, audit_root = _key(folder, ROOT_KEY_FILE), _key(folder, AUDIT_ROOT_KEY_FILE)
    asyncio.run(_make_ready(owner_url, world, MonthKeyMaker(AUTHORITY, root, audit_root)))
    filling = Filling(owner_url, root, size)
    filling.fill()
    asyncio.run(_finish(owner_url, world, folder))


async def _make_ready(url: str, world: World, maker: MonthKeyMaker) -> None:
    """Make a place and a key for each month, units, and officers; what is there stays."""
    engine = create_async_engine(sqlalchemy_address(url))
    try:
        async with engine.begin() as connection:
            await maker.make(connection, world.months)
        async with engine.begin() as connection:
            if not (
                await connection.execute(UNIT.select().where(UNIT.c.unit_id == world.units[0].unit_id))
            ).all():
                for table, rows in _directory(world):
                    await connection.execute(insert(table), rows)
    finally:
        await engine.dispose()
    connection = await asyncpg.connect(url)
    try:
        for month in world.months:
            await connection.execute("select audit_make_month($1)", date.fromisoformat(f"{month}-01"))
    finally:
        await connection.close()


def _directory(world: World) -> list[tuple[Any, list[dict[str, Any]]]]:
    successor = world.units[-1]
    versions = [
        {
            "unit_id": unit.unit_id,
            "valid_from": world.merger_day if unit is successor else world.first_day,
            "valid_to": world.merger_day if unit in world.merged else None,
            "name": f"Đơn vị thử {unit.code}",
            "agency_code": unit.code,
            "kind": "department" if unit.level == "province" else "commune",
            "level": unit.level,
        }
        for unit in world.units
    ]
    successions = [
        {
            "former_unit_id": unit.unit_id,
            "successor_unit_id": successor.unit_id,
            "on_date": world.merger_day,
            "kind": "merge",
            "deciding_document": "Nghị quyết thử",
        }
        for unit in world.merged
    ]
    officers = [
        {
            "officer_id": desk.officer_id,
            "login_name": desk.login_name,
            "full_name": "Trần Văn Thử",
            "role": desk.role,
            "upstream_officer_code": f"C-{desk.login_name}",
            "status": "active",
        }
        for desk in world.desks
    ]
    postings = [
        {"officer_id": desk.officer_id, "valid_from": world.first_day, "unit_id": desk.before.unit_id}
        for desk in world.desks
    ]
    return [
        (UNIT, [{"unit_id": unit.unit_id} for unit in world.units]),
        (UNIT_VERSION, versions),
        (UNIT_SUCCESSION, successions),
        (OFFICER, officers),
        (OFFICER_POSTING, postings),
    ]


async def _finish(url: str, world: World, folder: Path) -> None:
    connection = await asyncpg.connect(url)
    try:
        await finish(connection, [month_ids(month) for month in world.months])
        # As autovacuum does it: tables that hold rows, and never the parents of partitions.
        for row in await connection.fetch(_UNANALYSED):
            await connection.execute(f"vacuum analyze {row[0]}")
    finally:
        await connection.close()
    if await take_into_tree(url, folder) < world.size.records:
        raise BenchError("not every record is in the tree")


async def take_into_tree(url: str, folder: Path) -> int:
    """Let the sequencer take in what is new and sign the head; return the tree's size."""
    sequencer = open_sequencer(url, folder, every_seconds=60)
    try:
        head, before = await sequencer.sequence(), -1
        while head is not None and head.size > before:  # a round takes no more than some seconds
            before, head = head.size, await sequencer.sequence()
    finally:
        await sequencer.__aexit__()
    return head.size if head is not None else 0


def open_sequencer(url: str, folder: Path, *, every_seconds: float) -> Sequencer:
    """Return what takes records into the tree, as the worker has it, with the ground's own signer."""
    signer = FileSigner(folder / "signer", _key(folder, "signer.key"), AUTHORITY)
    return Sequencer(connector(url), signer, SystemClock(), every_seconds=every_seconds)


def _key(folder: Path, name: str) -> RootKey:
    return RootKey.from_text((folder / "keys" / name).read_text(encoding="utf-8"))
