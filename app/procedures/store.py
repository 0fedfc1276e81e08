"""The procedure catalogue and its grants as the directory holds them: of today, and what is to come."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, Row, Uuid, any_, func, insert, literal, or_, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.values import Role
from app.database.changes import UNIT_GRANTS, Changes
from app.procedures.fields import Field
from app.procedures.table import PERMISSION_GRANT, PROCEDURE, PROCEDURE_VERSION
from app.procedures.values import Grant, Procedure, QuestionType

_AT_A_STRETCH: Final = 100

Days = tuple[date, date | None]
GrantsOfUnits = dict[UUID, dict[str, tuple[Days, ...]]]
_NO_GRANTS: Final[Mapping[str, tuple[Days, ...]]] = {}


class GrantBook(Mapping[tuple[UUID, str], tuple[Grant, ...]]):
    """The grants of units and procedures, held in a tenth of the memory that as many values would take."""

    __slots__ = ("_units",)

    def __init__(self, units: GrantsOfUnits) -> None:
        """Hold the days of each procedure of each unit."""
        self._units = units

    @classmethod
    def of(cls, grants: Iterable[Grant]) -> "GrantBook":
        """Return the book of these grants."""
        units: GrantsOfUnits = {}
        for grant in grants:
            days = (grant.valid_from, grant.valid_to)
            _add(units.setdefault(grant.unit_id, {}), days, (grant.procedure_code,), {})
        return cls(units)

    def holds(self, unit_id: UUID, procedure_code: str, day: date) -> bool:
        """Whether the unit has a grant of the procedure on *day*."""
        for begins, ends in self._units.get(unit_id, _NO_GRANTS).get(procedure_code, ()):
            if begins <= day and (ends is None or day < ends):
                return True
        return False

    def __getitem__(self, key: tuple[UUID, str]) -> tuple[Grant, ...]:
        """Return the grants of a unit and a procedure."""
        unit_id, code = key
        return tuple(Grant(unit_id, code, *days) for days in self._units[unit_id][code])

    def __iter__(self) -> Iterator[tuple[UUID, str]]:
        """Go through the units and procedures."""
        return ((unit_id, code) for unit_id, codes in self._units.items() for code in codes)

    def __len__(self) -> int:
        """Return how many pairs of unit and procedure there are."""
        return sum(map(len, self._units.values()))

    def amended(self, changed: frozenset[UUID], present: GrantsOfUnits) -> "GrantBook":
        """Return the book after the grants of *changed* units have become what *present* says."""
        kept = {unit_id: codes for unit_id, codes in self._units.items() if unit_id not in changed}
        return GrantBook(kept | present)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every procedure by code, and the grants of each unit and procedure."""

    procedures: Mapping[str, Procedure]
    grants: GrantBook

    def is_granted(self, unit_id: UUID, procedure_code: str, day: date) -> bool:
        """Whether the unit handles the procedure on *day*."""
        return self.grants.holds(unit_id, procedure_code, day)

    def granted_to(self, unit_id: UUID, role: Role, day: date) -> list[Procedure]:
        """Return the procedures in force that the unit handles and the role may look up for."""
        return [
            procedure
            for code, procedure in sorted(self.procedures.items())
            if procedure.is_in_force(day) and role in procedure.roles and self.is_granted(unit_id, code, day)
        ]


async def load_catalogue(connection: AsyncConnection, today: date) -> Catalogue:
    """Return what the catalogue says on *today*, and the grants of that day and later ones."""
    return Catalogue(
        await _load_procedures(connection, today), GrantBook(await _load_grants(connection, today))
    )


async def amend_catalogue(
    connection: AsyncConnection, known: Catalogue, changes: Changes, today: date
) -> Catalogue:
    """Return *known*, or what it has become: entries are all read again, grants of units that were marked."""
    procedures, grants = known.procedures, known.grants
    if changes.touch("procedure", "procedure_version"):
        procedures = await _load_procedures(connection, today)
    if marked := changes.of(UNIT_GRANTS):
        grants = grants.amended(marked, await _load_grants(connection, today, marked))
    is_same = procedures is known.procedures and grants is known.grants
    return known if is_same else Catalogue(procedures, grants)


async def _load_procedures(connection: AsyncConnection, today: date) -> dict[str, Procedure]:
    holds = PROCEDURE_VERSION.c.holds_to.is_(None) | (PROCEDURE_VERSION.c.holds_to > today)
    query = select(PROCEDURE_VERSION).where(PROCEDURE_VERSION.c.holds_from <= today, holds)
    said = await connection.stream(query.execution_options(yield_per=_AT_A_STRETCH))
    procedures: dict[str, Procedure] = {}
    async for part in said.partitions():
        procedures |= {row.procedure_code: procedure_of(row) for row in part}
    return procedures


async def _load_grants(
    connection: AsyncConnection, today: date, only: frozenset[UUID] | None = None
) -> GrantsOfUnits:
    """Return the grants of units, in slices so that lookups go on meanwhile."""
    grant = PERMISSION_GRANT.c
    # A unit's grants mostly share their days: a thousand rows instead of two hundred thousand.
    query = (
        select(
            grant.unit_id,
            grant.valid_from,
            grant.valid_to,
            func.array_agg(grant.procedure_code).label("codes"),
        )
        .where(or_(grant.valid_to.is_(None), grant.valid_to > today))
        .group_by(grant.unit_id, grant.valid_from, grant.valid_to)
    )
    if only is not None:
        query = query.where(grant.unit_id == any_(literal(list(only), ARRAY(Uuid))))
    units: dict[UUID, dict[str, tuple[Days, ...]]] = {}
    known: dict[str, str] = {}  # each code once, however many units have it
    rows = await connection.stream(query.execution_options(yield_per=_AT_A_STRETCH))
    async for part in rows.partitions():
        for unit_id, valid_from, valid_to, codes in map(tuple, part):
            _add(units.setdefault(unit_id, {}), (valid_from, valid_to), codes, known)
    return units


def _add(
    codes_of_unit: dict[str, tuple[Days, ...]], days: Days, codes: Iterable[str], known: dict[str, str]
) -> None:
    alone = (days,)  # one value for all codes that have no other days
    for each in codes:
        code = known.setdefault(each, each)
        codes_of_unit[code] = (*codes_of_unit[code], days) if code in codes_of_unit else alone


def procedure_of(row: Row[Any]) -> Procedure:
    """Return what a row of `procedure_version` says."""
    return Procedure(
        procedure_code=row.procedure_code,
        name=row.name,
        legal_basis=row.legal_basis,
        service_code=row.service_code,
        is_decree_104=row.is_decree_104,
        roles=frozenset(map(Role, row.roles)),
        fields={Field(name): basis for name, basis in row.fields.items()},
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        field_of_work=row.field_of_work,
        question_types=frozenset(map(QuestionType, row.question_types)),
    )


def values_of(procedure: Procedure) -> dict[str, Any]:
    """Return the columns of `procedure_version` that say this."""
    return {
        "procedure_code": procedure.procedure_code,
        "name": procedure.name,
        "field_of_work": procedure.field_of_work,
        "legal_basis": procedure.legal_basis,
        "service_code": procedure.service_code,
        "is_decree_104": procedure.is_decree_104,
        "roles": sorted(role.value for role in procedure.roles),
        "question_types": sorted(kind.value for kind in procedure.question_types),
        "fields": {field.value: basis for field, basis in procedure.fields.items()},
        "valid_from": procedure.valid_from,
        "valid_to": procedure.valid_to,
    }


async def add_procedure(
    connection: AsyncConnection, procedure: Procedure, holds_from: date | None = None
) -> None:
    """Put a procedure into the catalogue from a day on, by default the one it is in force from.

    For invented provinces and tests; `app.procedures.catalogue` keeps past days as they were.
    """
    await connection.execute(insert(PROCEDURE).values(procedure_code=procedure.procedure_code))
    since = holds_from or procedure.valid_from
    await connection.execute(insert(PROCEDURE_VERSION).values(values_of(procedure) | {"holds_from": since}))


async def add_grants(
    connection: AsyncConnection, unit_id: UUID, procedure_codes: Iterable[str], valid_from: date
) -> None:
    """Let a unit handle procedures from a day on; what it handles on that day or later stays as it is.

    For invented provinces and tests; `app.procedures.grants` is for decisions.
    """
    for code in procedure_codes:
        grant = upsert(PERMISSION_GRANT).values(unit_id=unit_id, procedure_code=code, valid_from=valid_from)
        await connection.execute(grant.on_conflict_do_nothing())
