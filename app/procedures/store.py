"""Reading and writing the procedure catalogue and its grants."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.values import Role
from app.procedures.fields import Field
from app.procedures.table import PERMISSION_GRANT, PROCEDURE, PROCEDURE_FIELD
from app.procedures.values import Grant, Procedure, QuestionType


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


async def load_catalogue(connection: AsyncConnection) -> Catalogue:
    """Return the whole catalogue."""
    fields: dict[str, dict[Field, str]] = {}
    for row in await connection.execute(select(PROCEDURE_FIELD)):
        fields.setdefault(row.procedure_code, {})[Field(row.field)] = row.legal_basis
    procedures = {
        row.procedure_code: Procedure(
            procedure_code=row.procedure_code,
            name=row.name,
            legal_basis=row.legal_basis,
            service_code=row.service_code,
            is_decree_104=row.is_decree_104,
            roles=frozenset(map(Role, row.roles)),
            fields=fields.get(row.procedure_code, {}),
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            field_of_work=row.field_of_work,
            question_types=frozenset(map(QuestionType, row.question_types)),
        )
        for row in await connection.execute(select(PROCEDURE))
    }
    grants: dict[tuple[UUID, str], tuple[Grant, ...]] = {}
    for row in await connection.execute(select(PERMISSION_GRANT)):
        key = (row.unit_id, row.procedure_code)
        grant = Grant(row.unit_id, row.procedure_code, row.valid_from, row.valid_to)
        grants[key] = (*grants.get(key, ()), grant)
    return Catalogue(procedures, grants)


async def add_procedure(connection: AsyncConnection, procedure: Procedure) -> None:
    """Put a procedure and its fields into the catalogue."""
    await connection.execute(
        insert(PROCEDURE).values(
            procedure_code=procedure.procedure_code,
            name=procedure.name,
            legal_basis=procedure.legal_basis,
            service_code=procedure.service_code,
            is_decree_104=procedure.is_decree_104,
            roles=sorted(role.value for role in procedure.roles),
            valid_from=procedure.valid_from,
            valid_to=procedure.valid_to,
            field_of_work=procedure.field_of_work,
            question_types=sorted(kind.value for kind in procedure.question_types),
        )
    )
    for field, legal_basis in procedure.fields.items():
        await connection.execute(
            insert(PROCEDURE_FIELD).values(
                procedure_code=procedure.procedure_code, field=field.value, legal_basis=legal_basis
            )
        )


async def add_grants(
    connection: AsyncConnection, unit_id: UUID, procedure_codes: Iterable[str], valid_from: date
) -> None:
    """Let a unit handle procedures from a day on; what it handles already stays as it is."""
    for code in procedure_codes:
        grant = upsert(PERMISSION_GRANT).values(unit_id=unit_id, procedure_code=code, valid_from=valid_from)
        await connection.execute(grant.on_conflict_do_nothing())
