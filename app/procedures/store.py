"""The procedure catalogue and its grants as the directory holds them: of today, and what is to come."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, func, insert, or_, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.values import Role
from app.database.table import DIRECTORY_VERSION
from app.procedures.fields import Field
from app.procedures.table import PERMISSION_GRANT, PROCEDURE, PROCEDURE_VERSION
from app.procedures.values import Grant, Procedure, QuestionType

_AT_A_STRETCH: Final = 2_000


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every procedure by code, and the grants of each unit and procedure."""

    procedures: Mapping[str, Procedure]
    grants: Mapping[tuple[UUID, str], tuple[Grant, ...]]

    def is_granted(self, unit_id: UUID, procedure_code: str, day: date) -> bool:
        """Whether the unit handles the procedure on *day*."""
        return any(grant.is_in_force(day) for grant in self.grants.get((unit_id, procedure_code), ()))

    def granted_to(self, unit_id: UUID, role: Role, day: date) -> list[Procedure]:
        """Return the procedures in force that the unit handles and the role may look up for."""
        return [
            procedure
            for code, procedure in sorted(self.procedures.items())
            if procedure.is_in_force(day) and role in procedure.roles and self.is_granted(unit_id, code, day)
        ]


class CatalogueLoader:
    """Loads the catalogue anew only where it, or the day, has changed: it may hold 200,000 grants."""

    def __init__(self, today: Callable[[], date]) -> None:
        """Load what holds on the day that *today* gives."""
        self._today = today
        self._loaded: tuple[int, date, Catalogue] | None = None

    async def __call__(self, connection: AsyncConnection) -> Catalogue:
        """Return the catalogue of today, as of the snapshot that *connection* reads."""
        found = await connection.execute(select(DIRECTORY_VERSION.c.catalogue))
        version, day = int(found.scalar_one()), self._today()
        if self._loaded is None or self._loaded[:2] != (version, day):
            self._loaded = version, day, await load_catalogue(connection, day)
        return self._loaded[2]


async def load_catalogue(connection: AsyncConnection, today: date) -> Catalogue:
    """Return what the catalogue says on *today*, and the grants of that day and later ones."""
    holds = PROCEDURE_VERSION.c.holds_to.is_(None) | (PROCEDURE_VERSION.c.holds_to > today)
    said = await connection.execute(
        select(PROCEDURE_VERSION).where(PROCEDURE_VERSION.c.holds_from <= today, holds)
    )
    procedures = {row.procedure_code: procedure_of(row) for row in said}
    grant = PERMISSION_GRANT.c
    # A unit's grants mostly share their days: a thousand rows instead of two hundred thousand.
    together = await connection.execute(
        select(
            grant.unit_id,
            grant.valid_from,
            grant.valid_to,
            func.array_agg(grant.procedure_code).label("codes"),
        )
        .where(or_(grant.valid_to.is_(None), grant.valid_to > today))
        .group_by(grant.unit_id, grant.valid_from, grant.valid_to)
    )
    return Catalogue(procedures, await _by_unit_and_code(together.all()))


async def _by_unit_and_code(rows: Sequence[Row[Any]]) -> dict[tuple[UUID, str], tuple[Grant, ...]]:
    grants: dict[tuple[UUID, str], tuple[Grant, ...]] = {}
    held = 0
    for unit_id, valid_from, valid_to, codes in map(tuple, rows):
        for code in codes:
            key = (unit_id, code)
            grant = Grant(unit_id, code, valid_from, valid_to)
            grants[key] = (*grants[key], grant) if key in grants else (grant,)
        if len(grants) - held > _AT_A_STRETCH:
            held = len(grants)
            await asyncio.sleep(0)  # lookups go on meanwhile
    return grants


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
