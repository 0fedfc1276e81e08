"""A database with fsync and the units of a province, and lists carried out there as the gateway does it."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import create_async_engine

from app.accounts.registering_lists import (
    Importer,
    OfficerList,
    Report,
    applying,
    checking,
    twice,
)
from app.accounts.registration.form import Column
from app.accounts.registration.unit_names import KnownUnit
from app.accounts.registration.values import KnownOfficer
from app.accounts.table import OFFICER, OFFICER_POSTING
from app.audit.changes import ChangeLog
from app.audit.keyring import Keyring
from app.audit.sealing import RootKey
from app.audit.writer import AuditWriter
from app.cli.demo_setup import DATABASE, DemoDatabase, prepare
from app.cli.invented import AUTHORITY
from app.cli.keys import ROOT_KEY_FILE
from app.clock import SystemClock, local_day
from app.database.address import sqlalchemy_address
from app.database.connect import connector, open_engine
from app.database.embedded import EmbeddedServer
from app.sheets.tables import Table
from app.units.table import UNIT, UNIT_VERSION

_BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class Ground:
    """The database, and whose lists are sent there."""

    database: DemoDatabase
    root: RootKey
    importer: Importer

    def check(self, table: Table[Column]) -> Report:
        """Return what a list would do."""
        return asyncio.run(self._check(table))

    def apply(self, table: Table[Column]) -> Report:
        """Carry a list out, its records written and committed like all evidence."""
        return asyncio.run(self._apply(table))

    async def _check(self, table: Table[Column]) -> Report:
        engine = open_engine(self.database.environment["DANCU_DATABASE_URL"])
        try:
            async with engine.connect() as connection:
                today = local_day(SystemClock().now())
                return await checking(OfficerList(table), self.importer, today)(connection)
        finally:
            await engine.dispose()

    async def _apply(self, table: Table[Column]) -> Report:
        url, clock = self.database.environment["DANCU_DATABASE_URL"], SystemClock()
        engine = open_engine(url)
        writer = AuditWriter(
            connector(url, synchronous_commit="on"),
            Keyring(self.root),
            clock,
            authority_code=AUTHORITY,
            wait_seconds=5,
        )
        try:
            async with writer:
                changes = ChangeLog(engine, writer, clock)
                work = applying(OfficerList(table), self.importer, clock.now())
                return await twice(changes.make, work)
        finally:
            await engine.dispose()


@contextmanager
def open_ground(
    folder: Path, units: Sequence[KnownUnit], officers: Sequence[KnownOfficer], root: KnownUnit
) -> Iterator[Ground]:
    """Run a server with *units* and *officers*; lists are sent by an administrator of *root*."""
    with EmbeddedServer(folder / "postgres", durable=True) as server:
        database = prepare(server, folder)
        asyncio.run(_fill(server.url(database=DATABASE), units, officers))
        key = RootKey.from_text((folder / "keys" / ROOT_KEY_FILE).read_text(encoding="utf-8"))
        yield Ground(database, key, Importer(root.unit_id, facts={"operator": "bench"}))


async def _fill(url: str, units: Sequence[KnownUnit], officers: Sequence[KnownOfficer]) -> None:
    today = local_day(SystemClock().now())
    begun = today.replace(year=2023, month=1, day=1)
    engine = create_async_engine(sqlalchemy_address(url))
    try:
        async with engine.begin() as connection:
            for start in range(0, len(units), _BATCH):
                some = units[start : start + _BATCH]
                await connection.execute(insert(UNIT), [{"unit_id": one.unit_id} for one in some])
                await connection.execute(
                    insert(UNIT_VERSION),
                    [
                        {
                            "unit_id": one.unit_id,
                            "valid_from": begun,
                            "valid_to": None if one.is_open else today,
                            "name": one.name,
                            "agency_code": min(one.codes),
                            "kind": "commune",
                            "level": "commune",
                            "parent_id": one.parent_id,
                            "serves": [],
                        }
                        for one in some
                    ],
                )
            for officer in officers:
                await connection.execute(
                    insert(OFFICER).values(
                        officer_id=officer.officer_id,
                        login_name=officer.login_name,
                        full_name=officer.full_name,
                        role=officer.role.value,
                        upstream_officer_code=officer.upstream_officer_code,
                        status="active",
                    )
                )
                if officer.unit_id is not None:
                    await connection.execute(
                        insert(OFFICER_POSTING).values(
                            officer_id=officer.officer_id, valid_from=begun, unit_id=officer.unit_id
                        )
                    )
    finally:
        await engine.dispose()
