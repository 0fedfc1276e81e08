"""`dancu procedures`: the catalogue, and which unit handles what."""

from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncConnection

from app.accounts.values import Role
from app.audit.changes import Change
from app.audit.record import RecordKind
from app.cli.console import done
from app.cli.inputs import today, unit_id_of, worded
from app.cli.recording import run_recorded
from app.lookup.parsing import parse_procedure_code
from app.procedures.fields import DEFAULT_FIELDS, Field
from app.procedures.store import add_grants, add_procedure
from app.procedures.values import Procedure

procedures = typer.Typer(help="Procedures, and which unit handles them.", no_args_is_help=True)


@procedures.command("add")
def procedures_add(
    procedure_code: Annotated[str, typer.Argument(help="such as 1.004194")],
    name: str,
    legal_basis: Annotated[str, typer.Option(help="the provision that lets the procedure see residence")],
    service_code: Annotated[
        str | None, typer.Option(help="public-service code on the national side (MaDVC)")
    ] = None,
    field: Annotated[
        list[Field] | None, typer.Option(help="a field it needs; the usual five by default")
    ] = None,
    role: Annotated[list[Role] | None, typer.Option(help="who may use it; reception and processing")] = None,
) -> None:
    """Put a procedure into the catalogue."""
    procedure = Procedure(
        procedure_code=parse_procedure_code(procedure_code),
        name=worded(name),
        legal_basis=worded(legal_basis),
        service_code=service_code,
        is_decree_104=False,
        roles=frozenset(role or (Role.RECEPTION, Role.PROCESSING)),
        fields=dict.fromkeys(field or sorted(DEFAULT_FIELDS), legal_basis),
        valid_from=today(),
        valid_to=None,
    )

    async def work(connection: AsyncConnection) -> Change[None]:
        await add_procedure(connection, procedure)
        facts = {"procedure_code": procedure.procedure_code, "after": " ".join(sorted(procedure.fields))}
        return Change(None, RecordKind.PROCEDURE_ADDED, facts)

    run_recorded(work)
    done(f"procedure {procedure_code} added")


@procedures.command("grant")
def procedures_grant(
    unit: Annotated[str, typer.Argument(help="the unit's agency code")], procedure_codes: list[str]
) -> None:
    """Let a unit handle procedures from today on."""

    async def work(connection: AsyncConnection) -> Change[None]:
        unit_id = await unit_id_of(connection, unit)
        await add_grants(connection, unit_id, procedure_codes, today())
        facts = {"changed_unit_id": str(unit_id), "after": " ".join(procedure_codes)}
        return Change(None, RecordKind.GRANT_ADDED, facts)

    run_recorded(work)
    done(f"{unit} handles {', '.join(procedure_codes)}")
