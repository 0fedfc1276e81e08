"""What tests of an account's life start from: units, officers, days and a database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.accounts.life_facts import ChangeFacts
from app.accounts.posting_plan import Document, Notice
from app.accounts.registering import NewOfficer, register_officer
from app.accounts.store import Accounts, load_accounts
from app.accounts.values import Officer, Role
from app.clock import local_day
from app.database.connect import open_engine
from app.units.store import add_unit
from app.units.values import UnitKind, UnitLevel
from tests.world import Database

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
TODAY = local_day(NOW)
DAY = timedelta(days=1)
DOCUMENT = Document("12/TB-UBND", date(2026, 11, 19))


@dataclass(frozen=True)
class Office:
    """A database as the serving role sees it, with three units and nobody who matters."""

    engine: AsyncEngine
    owner: AsyncEngine
    units: tuple[UUID, ...]

    async def register(
        self, login_name: str = "can.bo", role: Role = Role.RECEPTION, on: date = TODAY, **more: Any
    ) -> UUID:
        """Register an officer in the first unit and return their id."""
        more.setdefault("person_code", login_name.upper())
        new = NewOfficer(login_name, "Cán Bộ Mẫu", role, more.pop("unit_id", self.units[0]), **more)
        async with self.owner.begin() as connection:
            facts = await register_officer(connection, new, a_notice(on), noon(on))
        assert facts.officer_id is not None
        return facts.officer_id

    async def officer(self, officer_id: UUID, day: date = TODAY) -> Officer:
        """Return the officer as a gateway holds them on *day*."""
        return (await self.accounts(day)).officers[officer_id]

    async def accounts(self, day: date = TODAY) -> Accounts:
        """Return everybody as a gateway holds them on *day*."""
        async with self.engine.connect() as connection:
            return await load_accounts(connection, day)

    async def fetch(self, query: str, **values: Any) -> list[Any]:
        """Return rows, as the owner reads them."""
        async with self.owner.connect() as connection:
            return list((await connection.execute(text(query), values)).mappings())

    async def execute(self, statement: str, **values: Any) -> None:
        """Change something by hand, as the owner."""
        async with self.owner.begin() as connection:
            await connection.execute(text(statement), values)


@asynccontextmanager
async def an_office(database: Database) -> AsyncIterator[Office]:
    """Open *database*; its invented officers are all suspended, so that they are in nobody's way."""
    owner, engine = open_engine(database.owner_url), open_engine(database.serving_url)
    async with owner.begin() as connection:
        await connection.execute(text("update officer set status = 'suspended'"))
        units = tuple([await _a_unit(connection, number) for number in range(3)])
    try:
        yield Office(engine, owner, units)
    finally:
        await engine.dispose()
        await owner.dispose()


async def _a_unit(connection: AsyncConnection, number: int) -> UUID:
    return await add_unit(
        connection,
        name=f"Ủy ban nhân dân xã Thử {number}",
        agency_code=f"H19.70.{number}",
        kind=UnitKind.COMMUNE,
        level=UnitLevel.COMMUNE,
        valid_from=date(2023, 1, 1),
    )


def a_notice(on: date = TODAY, today: date = TODAY, document: Document | None = DOCUMENT) -> Notice:
    """Return a notice; *today* is never before the test's today."""
    return Notice(on, today, document)


def noon(day: date) -> datetime:
    """Return ten in the morning of *day*, in Vietnam."""
    return NOW + (day - TODAY)


def leaves(facts: list[ChangeFacts]) -> list[tuple[str, str | int | None]]:
    """Return kind and officer of each."""
    return [(one.kind.value, one.leaf().get("changed_officer_id")) for one in facts]
