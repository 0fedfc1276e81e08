"""Reading and writing agencies."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import and_, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from app.units.table import UNIT, UNIT_SERVED_AGENCY, UNIT_VERSION
from app.units.values import Unit, UnitKind, UnitLevel


@dataclass(frozen=True, slots=True)
class UnitRegister:
    """The agencies in force on the day the register was loaded, by id."""

    units: Mapping[UUID, Unit]

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


async def load_units(connection: AsyncConnection, today: date) -> UnitRegister:
    """Return the register of *today*."""
    served: dict[UUID, set[str]] = {}
    for row in await connection.execute(select(UNIT_SERVED_AGENCY)):
        served.setdefault(row.unit_id, set()).add(row.agency_code)
    versions = await connection.execute(
        select(UNIT_VERSION)
        .where(
            and_(
                UNIT_VERSION.c.valid_from <= today,
                or_(UNIT_VERSION.c.valid_to.is_(None), UNIT_VERSION.c.valid_to > today),
            )
        )
        .order_by(UNIT_VERSION.c.valid_from)  # of versions that overlap, the later one counts
    )
    units = {}
    for row in versions:
        own = {row.agency_code, row.legacy_agency_code} - {None}
        units[row.unit_id] = Unit(
            unit_id=row.unit_id,
            name=row.name,
            agency_code=row.agency_code,
            level=UnitLevel(row.level),
            kind=UnitKind(row.kind),
            agency_codes=frozenset(own | served.get(row.unit_id, set())),
            parent_id=row.parent_id,
        )
    return UnitRegister(units)


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
    """Register an agency and return its id, which is never given to another one."""
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
        )
    )
    for code in serves:
        await connection.execute(insert(UNIT_SERVED_AGENCY).values(unit_id=unit_id, agency_code=code))
    return unit_id


async def find_unit_id(connection: AsyncConnection, agency_code: str) -> UUID | None:
    """Return the id of the agency that bears *agency_code* now, in its new or old form."""
    result = await connection.execute(
        select(UNIT_VERSION.c.unit_id).where(
            and_(
                UNIT_VERSION.c.valid_to.is_(None),
                or_(
                    UNIT_VERSION.c.agency_code == agency_code,
                    UNIT_VERSION.c.legacy_agency_code == agency_code,
                ),
            )
        )
    )
    return result.scalar_one_or_none()
