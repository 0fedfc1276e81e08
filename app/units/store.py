"""Reading and writing agencies."""

import asyncio
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, and_, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from app.database.changes import Changes
from app.units.history import History, predecessors, successors
from app.units.table import UNIT, UNIT_SUCCESSION, UNIT_VERSION
from app.units.values import (
    Succession,
    SuccessionKind,
    Unit,
    UnitDetails,
    UnitKind,
    UnitLevel,
    UnitVersion,
)

_AT_A_STRETCH: Final = 250
_TREE: Final = ("unit", "unit_version", "unit_succession")


@dataclass(frozen=True, slots=True)
class UnitRegister:
    """The agencies in force on the day the register was loaded, by id, who followed whom, and all days."""

    units: Mapping[UUID, Unit]
    successions: tuple[Succession, ...] = ()
    history: History = field(default_factory=lambda: History({}), repr=False)

    def find(self, unit_id: UUID | None) -> Unit | None:
        """Return the unit, or None where there is none in force."""
        return self.units.get(unit_id) if unit_id is not None else None

    def is_within(self, unit_id: UUID | None, ancestor_id: UUID) -> bool:
        """Whether the unit is *ancestor_id* or stands below it; a unit not in force stands nowhere."""
        passed: set[UUID] = set()  # parents that run in a circle lead nowhere, and must end
        unit = self.find(unit_id)
        while unit is not None and unit.unit_id not in passed:
            if unit.unit_id == ancestor_id:
                return True
            passed.add(unit.unit_id)
            unit = self.find(unit.parent_id)
        return False

    def predecessors(self, unit_id: UUID) -> frozenset[UUID]:
        """Return all whose place it took, planned successions included: under these old records stand."""
        return predecessors(unit_id, self.successions)

    def successors(self, unit_id: UUID) -> frozenset[UUID]:
        """Return all that took its place, planned successions included."""
        return successors(unit_id, self.successions)


async def load_units(connection: AsyncConnection, today: date) -> UnitRegister:
    """Return the register of *today*."""
    history = await load_history(connection)
    # Thousands of units are some tenths of a second; in a thread lookups go on meanwhile.
    with ThreadPoolExecutor(1, "units") as thread:
        units = await asyncio.get_running_loop().run_in_executor(thread, history.units, today)
    return UnitRegister(units, history.successions, history)


async def amend_units(
    connection: AsyncConnection, known: UnitRegister, changes: Changes, today: date
) -> UnitRegister:
    """Return *known*, or the register anew where the tree changed: one decision may touch many units."""
    return await load_units(connection, today) if changes.touch(*_TREE) else known


async def load_history(connection: AsyncConnection) -> History:
    """Return all agencies on all days."""
    versions: dict[UUID, list[UnitVersion]] = {}
    query = select(UNIT_VERSION).order_by(UNIT_VERSION.c.unit_id, UNIT_VERSION.c.valid_from)
    rows = await connection.stream(query.execution_options(yield_per=_AT_A_STRETCH))
    async for part in rows.partitions():
        for row in part:
            versions.setdefault(row.unit_id, []).append(_version(row))
    successions = await connection.execute(
        select(UNIT_SUCCESSION).order_by(UNIT_SUCCESSION.c.on_date, UNIT_SUCCESSION.c.former_unit_id)
    )
    return History(
        {unit_id: tuple(dated) for unit_id, dated in versions.items()},
        tuple(
            Succession(
                row.former_unit_id,
                row.successor_unit_id,
                row.on_date,
                SuccessionKind(row.kind),
                row.deciding_document,
            )
            for row in successions
        ),
    )


async def add_unit(
    connection: AsyncConnection,
    *,
    name: str,
    agency_code: str,
    kind: UnitKind,
    level: UnitLevel,
    valid_from: date,
    legacy_agency_code: str | None = None,
    parent_id: UUID | None = None,
    serves: Iterable[str] = (),
) -> UUID:
    """Register an agency as it is given and return its id, which is never given to another one.

    For invented provinces and tests; `app.units.changing` is for decisions that must fit the tree.
    """
    unit_id = uuid7()
    await connection.execute(insert(UNIT).values(unit_id=unit_id))
    await connection.execute(
        insert(UNIT_VERSION).values(
            unit_id=unit_id,
            valid_from=valid_from,
            name=name,
            agency_code=agency_code,
            legacy_agency_code=legacy_agency_code,
            kind=kind.value,
            level=level.value,
            parent_id=parent_id,
            serves=sorted(set(serves)),
        )
    )
    return unit_id


async def find_unit_id(connection: AsyncConnection, agency_code: str, day: date | None = None) -> UUID | None:
    """Return the id of the agency that bears *agency_code*, in its new or old form, on *day*.

    Without a day on the day it is in Vietnam by the database's clock. Raises MultipleResultsFound
    where more than one agency bears the old form.
    """
    when = day if day is not None else func.date(func.timezone("Asia/Ho_Chi_Minh", func.now()))
    result = await connection.execute(
        select(UNIT_VERSION.c.unit_id).where(
            and_(
                UNIT_VERSION.c.valid_from <= when,
                or_(UNIT_VERSION.c.valid_to.is_(None), UNIT_VERSION.c.valid_to > when),
                or_(
                    UNIT_VERSION.c.agency_code == agency_code,
                    UNIT_VERSION.c.legacy_agency_code == agency_code,
                ),
            )
        )
    )
    return result.scalar_one_or_none()


def _version(row: Row[Any]) -> UnitVersion:
    details = UnitDetails(
        name=row.name,
        agency_code=row.agency_code,
        kind=UnitKind(row.kind),
        level=UnitLevel(row.level),
        legacy_agency_code=row.legacy_agency_code,
        parent_id=row.parent_id,
        ward_code=row.ward_code,
        legacy_ward_code=row.legacy_ward_code,
        serves=frozenset(row.serves),
    )
    return UnitVersion(
        row.unit_id, row.valid_from, row.valid_to, details, row.deciding_document, row.ending_document
    )
